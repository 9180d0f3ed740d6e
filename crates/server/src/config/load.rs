//! Reading the configuration from its three sources, later ones winning.

use super::{Config, Problem, SectionInfo, problem};
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Provider};
use std::path::{Path, PathBuf};

/// Prefix of the variables that are configuration.
const PREFIX: &str = "KLATCH_";
/// Between section and key in the name of a variable.
const SEPARATOR: &str = "__";
/// The variable that names the file; the one `KLATCH_` name that is not a key.
const FILE_VARIABLE: &str = "KLATCH_CONFIG";
/// Read when no file is named, if it is there.
const FILE_DEFAULT: &str = "klatch.toml";
/// Largest configuration file; more is a mistake.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// How alike a name must be to be proposed.
const LIKE_ENOUGH: f64 = 0.6;

/// Where a configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file named by `--config`.
    pub file: Option<PathBuf>,
    /// Folder in which `klatch.toml` is looked for when no file is named.
    pub folder: PathBuf,
    /// The environment: all of it, others' variables are passed over.
    pub environment: Vec<(String, String)>,
    /// What flags say: (section, key, value).
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Sources {
    /// The environment and folder of this process.
    pub fn of_process() -> Self {
        let text = |s: std::ffi::OsString| s.to_string_lossy().into_owned();
        Self {
            environment: std::env::vars_os()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            ..Self::default()
        }
    }
}

/// Reads, merges and checks.
///
/// # Errors
/// One sentence that names the key and says what to do.
pub fn load(sources: &Sources) -> Result<Config, Problem> {
    let sections = Config::sections();
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = file(sources)? {
        let name = path.display().to_string();
        figment = figment.merge(Serialized::defaults(from_file(&path, &name, &sections)?));
    }
    figment = figment.merge(Serialized::defaults(from_environment(
        &sources.environment,
        &sections,
    )?));
    for (section, key, value) in &sources.flags {
        figment = figment.merge(Serialized::default(&format!("{section}.{key}"), value));
    }
    let config: Config = figment.extract().map_err(|error| {
        let key = if error.path.is_empty() {
            "a value".to_owned()
        } else {
            error.path.join(".")
        };
        let why = if is_secret(&key) {
            "must be a text in quotes".to_owned()
        } else {
            let kind = one_line(&error.kind.to_string());
            format!("has a value that cannot be used: {kind}")
        };
        Problem { key, why }
    })?;
    config.check()?;
    Ok(config)
}

fn file(sources: &Sources) -> Result<Option<PathBuf>, Problem> {
    let variable = sources
        .environment
        .iter()
        .find(|(name, _)| name == FILE_VARIABLE)
        .map(|(_, v)| v.into());
    if let Some(path) = sources.file.clone().or(variable) {
        if !path.is_file() {
            return problem(
                path.display().to_string(),
                "is not a file; --config needs one that exists",
            );
        }
        return Ok(Some(path));
    }
    let usual = sources.folder.join(FILE_DEFAULT);
    Ok(usual.is_file().then_some(usual))
}

fn from_file(path: &Path, name: &str, sections: &[SectionInfo]) -> Result<Dict, Problem> {
    let wrong = |why: String| Problem {
        key: name.to_owned(),
        why,
    };
    let size = std::fs::metadata(path)
        .map_err(|e| wrong(format!("cannot be read: {e}")))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(wrong(format!(
            "has {size} bytes; a configuration has at most {FILE_BYTES_MAX}"
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let data = Toml::string(&text)
        .data()
        .map_err(|e| wrong(format!("is not TOML: {}", without_source(&e.kind.to_string()))))?;
    let dict = data.into_values().next().unwrap_or_default();
    for (section, value) in &dict {
        let Some(info) = sections.iter().find(|s| s.name == section) else {
            let hint = nearest(section, sections.iter().map(|s| s.name));
            return problem(
                format!("[{section}]"),
                format!("in {name} is not a section;{hint}"),
            );
        };
        let Some(keys) = value.as_dict() else {
            return problem(
                section,
                format!("in {name} is a section: write [{section}] and its keys below it"),
            );
        };
        for key in keys.keys() {
            known(info, key, &format!("{section}.{key}"), &format!("in {name} "))?;
        }
    }
    Ok(dict)
}

fn from_environment(environment: &[(String, String)], sections: &[SectionInfo]) -> Result<Dict, Problem> {
    let mut dict = Dict::new();
    for (name, text) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if name == FILE_VARIABLE {
            continue;
        }
        let rest = rest.to_ascii_lowercase();
        let (section, key) = rest.split_once(SEPARATOR).unwrap_or((rest.as_str(), ""));
        let info = sections
            .iter()
            .find(|s| s.name == section && s.fields.iter().any(|f| f.name == key));
        let Some(info) = info else {
            let hint = nearest_variable(&rest, sections);
            return problem(
                name,
                format!("is not a variable of klatch (KLATCH_SECTION__KEY);{hint}"),
            );
        };
        // A text stays a text even if it looks like a number or a list: what the key's default is decides.
        let value = match info.default_of(key) {
            Some(Value::String(..)) | None => Value::from(text.as_str()),
            Some(_) => text
                .parse()
                .unwrap_or_else(|never: std::convert::Infallible| match never {}),
        };
        let entry = dict
            .entry(section.to_owned())
            .or_insert_with(|| Value::from(Dict::new()));
        if let Value::Dict(_, keys) = entry {
            keys.insert(key.to_owned(), value);
        }
    }
    Ok(dict)
}

fn variable(section: &str, key: &str) -> String {
    format!(
        "{PREFIX}{}{SEPARATOR}{}",
        section.to_ascii_uppercase(),
        key.to_ascii_uppercase()
    )
}

fn known(info: &SectionInfo, key: &str, shown: &str, place: &str) -> Result<(), Problem> {
    if info.fields.iter().any(|f| f.name == key) {
        return Ok(());
    }
    let hint = nearest(key, info.fields.iter().map(|f| f.name));
    problem(shown, format!("{place}is not a key;{hint}"))
}

/// " did you mean …?" with the closest name, or where to find them all.
fn nearest<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> String {
    hint(names.map(|name| (likeness(given, name), name.to_owned())))
}

/// The same for a variable, of which the section may be missing.
fn nearest_variable(given: &str, sections: &[SectionInfo]) -> String {
    let all = sections
        .iter()
        .flat_map(|s| s.fields.iter().map(move |f| (s.name, f.name)));
    hint(all.map(|(section, key)| {
        let whole = likeness(given, &format!("{section}{SEPARATOR}{key}"));
        let key_alone = likeness(given, key);
        (whole.max(key_alone), variable(section, key))
    }))
}

fn hint(names: impl Iterator<Item = (f64, String)>) -> String {
    match names.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((likeness, name)) if likeness > LIKE_ENOUGH => format!(" did you mean {name}?"),
        _ => " `klatch config print-default` lists them all".to_owned(),
    }
}

/// From 0, nothing in common, to 1, the same.
fn likeness(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(a, b)
}

/// Whether a key's value must not be repeated in an error.
fn is_secret(key: &str) -> bool {
    key.starts_with("storage.url")
}

/// A parser's complaint without the lines of the file that it quotes, which may hold a secret.
fn without_source(text: &str) -> String {
    let quoted = |line: &&str| {
        let line = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
        line.trim_start().starts_with('|')
    };
    let lines: Vec<_> = text.lines().filter(|line| !quoted(line)).collect();
    one_line(&lines.join(" "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
