//! House rules about files: how long, what may not be left in them, links that lead somewhere, crates that say what
//! they are.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// A file longer than this has to have a reason in [`LONG_FOR_A_REASON`].
const LINES_MAX: usize = 600;
/// A file longer than this is a question.
const LINES_ASKED: usize = 400;
/// What counts as code.
const CODE: [&str; 7] = ["rs", "js", "mjs", "ts", "tsx", "sql", "css"];
/// Folders that hold nothing written by hand.
const SKIPPED: [&str; 9] = [
    "target",
    "node_modules",
    ".venv",
    ".git",
    "data",
    "logs",
    "golden",
    "dist",
    "generated",
];
/// Words that are not left in code: what is not done is an issue, and what was printed for a search is taken out.
const LEFTOVERS: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("dbg", "!("),
    concat!("todo", "!("),
];
/// Longer files, each with its reason.
const LONG_FOR_A_REASON: [(&str, &str); 0] = [];

/// What was found: faults fail, questions are only told.
#[derive(Debug, Default)]
struct Findings {
    faults: Vec<String>,
    questions: Vec<String>,
}

/// Fails with a sentence for each broken rule.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let Findings { faults, questions } = check(root)?;
    for question in &questions {
        println!("tidy: {question}");
    }
    if faults.is_empty() {
        println!("tidy: in order");
        return Ok(());
    }
    bail!("{}", faults.join("\n"))
}

fn check(root: &Path) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let mut files = Vec::new();
    collect(root, &mut files)?;
    for path in &files {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !CODE.contains(&extension) && extension != "md" {
            continue;
        }
        let shown = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("{shown} is not UTF-8"))?;
        if extension == "md" {
            findings.faults.extend(dead_links(path, &shown, &text));
        } else {
            check_code(&shown, &text, &mut findings);
        }
    }
    findings.faults.extend(undocumented_crates(root)?);
    Ok(findings)
}

/// Every file, in order, so that messages come in the same order everywhere.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    for path in paths {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            if !SKIPPED.contains(&name) {
                collect(&path, files)?;
            }
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn check_code(shown: &str, text: &str, findings: &mut Findings) {
    let lines = text.lines().count();
    let allowed = LONG_FOR_A_REASON.iter().any(|(path, _)| *path == shown);
    if lines > LINES_MAX && !allowed {
        findings.faults.push(format!(
            "{shown} has {lines} lines, more than {LINES_MAX}: split it, or give its reason in xtask/src/tidy.rs"
        ));
    } else if lines > LINES_ASKED && !allowed {
        findings
            .questions
            .push(format!("{shown} has {lines} lines; is it two files?"));
    }
    for (number, line) in text.lines().enumerate() {
        for leftover in LEFTOVERS.iter().filter(|leftover| line.contains(**leftover)) {
            let number = number + 1;
            findings.faults.push(format!(
                "{shown}:{number} has `{leftover}`: finish it, or write an issue instead"
            ));
        }
    }
}

/// Links of a Markdown file to files that are not there.
fn dead_links(path: &Path, shown: &str, text: &str) -> Vec<String> {
    let folder = path.parent().unwrap_or(path);
    let mut faults = Vec::new();
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            if !elsewhere && !folder.join(file).exists() {
                faults.push(format!(
                    "{shown}:{} links to {file}, which is not there",
                    number + 1
                ));
            }
        }
    }
    faults
}

/// Crates whose root file does not say what they are.
fn undocumented_crates(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut folders = vec![root.join("tests"), root.join("xtask")];
    for entry in std::fs::read_dir(root.join("crates"))? {
        folders.push(entry?.path());
    }
    folders.sort();
    for folder in folders {
        let files = ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file));
        let Some(file) = files.iter().find(|file| file.is_file()) else {
            continue;
        };
        let text = std::fs::read_to_string(file)?;
        let doc: String = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let sentence = doc.split_whitespace().count() >= 4 && doc.contains(['.', ':']);
        if !sentence {
            let shown = file.strip_prefix(root).unwrap_or(file).display();
            faults.push(format!(
                "{shown} must begin with a `//!` sentence that says what the crate is"
            ));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_faults_and_longish_ones_questions() {
        let of = |lines: usize| {
            let mut findings = Findings::default();
            check_code("a.rs", &"x\n".repeat(lines), &mut findings);
            (findings.faults.len(), findings.questions.len())
        };
        assert_eq!(of(LINES_ASKED), (0, 0));
        assert_eq!(of(LINES_ASKED + 1), (0, 1));
        assert_eq!(of(LINES_MAX), (0, 1));
        assert_eq!(of(LINES_MAX + 1), (1, 0));
    }

    #[test]
    fn leftovers_are_found_with_their_line() {
        let mut findings = Findings::default();
        check_code(
            "a.rs",
            &format!("fine\n// {} later\n", LEFTOVERS[0]),
            &mut findings,
        );
        assert_eq!(findings.faults.len(), 1);
        assert!(findings.faults[0].starts_with("a.rs:2 "), "{findings:?}");
    }

    #[test]
    fn dead_links_are_found_outside_code() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("here.md"), "").unwrap();
        let text = "[a](here.md) [b](here.md#part) [c](https://example.org/x) [d](#part) [e](gone.md)\n\
                    ```\n[f](gone.md)\n```\n[g](away/gone.md#x)\n";
        let faults = dead_links(&folder.path().join("page.md"), "page.md", text);
        assert_eq!(
            faults,
            [
                "page.md:1 links to gone.md, which is not there",
                "page.md:5 links to away/gone.md, which is not there"
            ]
        );
    }

    #[test]
    fn a_crate_says_what_it_is() {
        let root = tempfile::tempdir().unwrap();
        for (name, doc) in [
            ("said", "//! Keeps messages, in order."),
            ("unsaid", "//! klatch-unsaid"),
            ("mute", ""),
        ] {
            let source = root.path().join("crates").join(name).join("src");
            std::fs::create_dir_all(&source).unwrap();
            std::fs::write(source.join("lib.rs"), format!("{doc}\npub mod x;\n")).unwrap();
        }
        let faults = undocumented_crates(root.path()).unwrap();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(
            faults[0].contains("mute") && faults[1].contains("unsaid"),
            "{faults:?}"
        );
    }
}
