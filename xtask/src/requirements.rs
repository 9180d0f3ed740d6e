//! `docs/requirements.md`: every requirement with the tests that prove it.
//!
//! What is required is in `docs/requirements.list`; which test proves it is said by the tests: in the doc comment of a
//! Rust test, in the module comment of a file of tests, or in the name of a test in JavaScript.

use anyhow::{Context, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const LIST: &str = "docs/requirements.list";
const TABLE: &str = "docs/requirements.md";
/// Folders that are searched for tests.
const SEARCHED: [&str; 3] = ["crates", "tests", "xtask"];
/// Folders in them that hold nothing written by hand.
const SKIPPED: [&str; 4] = ["target", "node_modules", ".venv", "golden"];

/// Whether to write or to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write the table, and tell what is missing.
    Write,
    /// Fail if the table is stale or something is missing.
    Check,
}

/// A line of the list.
#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    id: String,
    what: String,
    open: Open,
}

/// How much of a requirement a later issue owns.
#[derive(Debug, PartialEq, Eq)]
enum Open {
    No,
    Partly(String),
    Wholly(String),
}

/// A test that cites a requirement; without a name, a whole file does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Proof {
    file: String,
    test: Option<String>,
}

/// Proofs by requirement.
type Proofs = BTreeMap<String, BTreeSet<Proof>>;

/// Writes or compares the table.
pub(crate) fn run(root: &Path, mode: Mode) -> anyhow::Result<()> {
    let list = std::fs::read_to_string(root.join(LIST)).with_context(|| format!("{LIST} cannot be read"))?;
    let requirements = read_list(&list)?;
    let proofs = proofs(root)?;
    let (table, faults) = (table(&requirements, &proofs), faults(&requirements, &proofs));
    let place = root.join(TABLE);
    let stale = std::fs::read_to_string(&place).map_or(true, |there| there != table);
    if mode == Mode::Check {
        ensure!(faults.is_empty(), "{}", faults.join("\n"));
        ensure!(
            !stale,
            "{TABLE} is not what the tests say; run `cargo xtask gen` and commit"
        );
        println!(
            "requirements: every one of {} is proved or marked as open",
            requirements.len()
        );
        return Ok(());
    }
    if stale {
        std::fs::write(&place, table).with_context(|| format!("{TABLE} cannot be written"))?;
    }
    for fault in &faults {
        println!("requirements: {fault}");
    }
    Ok(())
}

fn read_list(text: &str) -> anyhow::Result<Vec<Requirement>> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(read_line).collect()
}

fn read_line(line: &str) -> anyhow::Result<Requirement> {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let (id, what, open) = match parts.as_slice() {
        [id, what] => (id, what, Open::No),
        [id, what, open] => match open.split_once(": ") {
            Some(("open", issue)) => (id, what, Open::Wholly(issue.to_owned())),
            Some(("partly", issue)) => (id, what, Open::Partly(issue.to_owned())),
            _ => bail!("{LIST}: `{open}` must be `open: ISSUE` or `partly: ISSUE`"),
        },
        _ => bail!("{LIST}: a line is `id | what` or `id | what | open: ISSUE`, not `{line}`"),
    };
    ensure!(ids(id) == [*id], "{LIST}: `{id}` is no id such as S0.1");
    Ok(Requirement {
        id: (*id).to_owned(),
        what: (*what).to_owned(),
        open,
    })
}

/// What is missing or made up.
fn faults(requirements: &[Requirement], proofs: &Proofs) -> Vec<String> {
    let unproved = requirements
        .iter()
        .filter(|one| !proofs.contains_key(&one.id) && !matches!(one.open, Open::Wholly(_)))
        .map(|one| format!("{} has no test that cites it: {}", one.id, one.what));
    let known: BTreeSet<&str> = requirements.iter().map(|one| one.id.as_str()).collect();
    let unknown = proofs
        .iter()
        .filter(|(id, _)| !known.contains(id.as_str()))
        .map(|(id, proofs)| {
            let files: BTreeSet<&str> = proofs.iter().map(|proof| proof.file.as_str()).collect();
            let files: Vec<&str> = files.into_iter().collect();
            format!("{id} is cited by {} and is not in {LIST}", files.join(", "))
        });
    unproved.chain(unknown).collect()
}

fn table(requirements: &[Requirement], proofs: &Proofs) -> String {
    let mut page = format!(
        "<!-- Made by `cargo xtask gen` from {LIST} and the tests; do not edit. -->\n# Requirements and their tests\n\n\
         What Klatch must do, each line with the tests that prove it. They cite its id, and `make check` fails when a line \
         has none. What a later issue owns is marked with its name.\n\n| id | requirement | tests |\n|---|---|---|\n"
    );
    for Requirement { id, what, open } in requirements {
        let open = match open {
            Open::No => String::new(),
            Open::Partly(issue) => format!(" *(partly open: {issue})*"),
            Open::Wholly(issue) => format!(" *(open: {issue})*"),
        };
        let links = proofs.get(id).map(links).unwrap_or_default();
        writeln!(page, "| {id} | {what}{open} | {links} |").expect("a text can grow");
    }
    page
}

/// Links to tests. A file that cites an id as a whole is named only where none of its tests does so itself.
fn links(proofs: &BTreeSet<Proof>) -> String {
    let by_name: BTreeSet<&str> = proofs
        .iter()
        .filter(|proof| proof.test.is_some())
        .map(|proof| proof.file.as_str())
        .collect();
    let shown = proofs
        .iter()
        .filter(|proof| proof.test.is_some() || !by_name.contains(proof.file.as_str()));
    let link = |proof: &Proof| {
        let name = proof.test.as_deref().unwrap_or(&proof.file).replace('|', "/");
        format!("[{name}](../{})", proof.file)
    };
    shown.map(link).collect::<Vec<_>>().join(", ")
}

fn proofs(root: &Path) -> anyhow::Result<Proofs> {
    let mut files = Vec::new();
    for folder in SEARCHED {
        collect(&root.join(folder), &mut files)?;
    }
    let mut proofs = Proofs::new();
    for path in files {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| format!("{shown} is not UTF-8"))?;
        let cited = if shown.ends_with(".mjs") {
            of_javascript(&text)
        } else {
            of_rust(&shown, &text)
        };
        for (id, test) in cited {
            let proof = Proof {
                file: shown.clone(),
                test,
            };
            proofs.entry(id).or_default().insert(proof);
        }
    }
    Ok(proofs)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            if !SKIPPED.contains(&name) {
                collect(&path, files)?;
            }
        } else if name.ends_with(".rs") || name.ends_with(".test.mjs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Ids with the test whose doc comment cites them, or with none if the comment of a module of tests does.
fn of_rust(shown: &str, text: &str) -> Vec<(String, Option<String>)> {
    let of_tests = shown.split('/').any(|part| part == "tests") || shown.ends_with("/tests.rs");
    let (mut found, mut cited, mut is_test) = (Vec::new(), Vec::new(), false);
    for line in text.lines().map(str::trim_start) {
        if let Some(comment) = line.strip_prefix("//!") {
            if of_tests {
                found.extend(ids(comment).into_iter().map(|id| (id.to_owned(), None)));
            }
        } else if let Some(comment) = line.strip_prefix("///") {
            cited.extend(ids(comment).into_iter().map(str::to_owned));
        } else if line.starts_with("#[") {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        } else {
            if is_test && let Some(name) = function(line) {
                found.extend(cited.drain(..).map(|id| (id, Some(name.to_owned()))));
            }
            cited.clear();
            is_test = false;
        }
    }
    found
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split(['(', '<']).next()
}

/// Ids with the test whose name cites them.
fn of_javascript(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim_start) {
        let Some(rest) = line
            .strip_prefix("test(")
            .or_else(|| line.strip_prefix("await t.test("))
        else {
            continue;
        };
        let Some(quote @ ('"' | '`' | '\'')) = rest.chars().next() else {
            continue;
        };
        let name = rest[1..].split(quote).next().unwrap_or_default();
        found.extend(
            ids(name)
                .into_iter()
                .map(|id| (id.to_owned(), Some(name.to_owned()))),
        );
    }
    found
}

/// Ids such as `S0.12` in a text.
fn ids(text: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
    let words = text
        .split(|letter: char| !is_part(letter))
        .map(|word| word.trim_end_matches('.'));
    let is_id = |word: &&str| {
        let Some((design, number)) = word.strip_prefix('S').and_then(|rest| rest.split_once('.')) else {
            return false;
        };
        let digits =
            |text: &str| !text.is_empty() && text.len() <= 2 && text.chars().all(|c| c.is_ascii_digit());
        design.len() == 1 && digits(design) && digits(number)
    };
    words.filter(is_id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_sentences() {
        assert_eq!(ids("S0.1, S0.12: and (S4.7)."), ["S0.1", "S0.12", "S4.7"]);
        assert!(ids("S0, S0.x, XS0.1, S00.1, S1.123, 0.1").is_empty());
    }

    #[test]
    fn tests_cite_in_their_own_comment_or_in_that_of_their_module() {
        let source = "//! About S0.1.\n/// S0.2: works.\n#[tokio::test(x)]\n#[cfg(unix)]\nasync fn works() {}\n\
                      /// S0.3: no test.\nfn other() {}\n    /// S0.4\n    #[test]\n    fn inner() {}\n";
        let own = |id: &str, test: &str| (id.to_owned(), Some(test.to_owned()));
        let named = [own("S0.2", "works"), own("S0.4", "inner")];
        assert_eq!(of_rust("crates/a/src/b.rs", source), named);
        let of_file = [[("S0.1".to_owned(), None)].as_slice(), &named].concat();
        assert_eq!(of_rust("tests/tests/e2e/a.rs", source), of_file);
    }

    #[test]
    fn names_of_tests_in_javascript_are_read() {
        let found = of_javascript("test(\"S1.2: a page\", async () => {\ntest(name, f);\nrest(\"S0.1\")");
        assert_eq!(found, [("S1.2".to_owned(), Some("S1.2: a page".to_owned()))]);
    }

    #[test]
    fn what_is_not_proved_and_what_is_not_required_are_faults() {
        let list = read_list("# x\nS0.1 | a\nS0.2 | b | open: Later\nS0.3 | c | partly: Later\n").unwrap();
        let proof = Proof {
            file: "a.rs".to_owned(),
            test: None,
        };
        let proofs: Proofs = [("S9.9".to_owned(), BTreeSet::from([proof]))].into();
        let faults = faults(&list, &proofs);
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(
            faults[0].starts_with("S0.1 ")
                && faults[1].starts_with("S0.3 ")
                && faults[2].starts_with("S9.9 ")
        );
        assert!(read_list("S0.1 | a | later").is_err());
        assert!(read_list("x | a").is_err());
    }

    #[test]
    fn a_file_is_named_only_where_its_tests_say_nothing() {
        let proof = |file: &str, test: Option<&str>| Proof {
            file: file.to_owned(),
            test: test.map(str::to_owned),
        };
        let proofs = BTreeSet::from([proof("a.rs", None), proof("a.rs", Some("t")), proof("b.rs", None)]);
        assert_eq!(links(&proofs), "[t](../a.rs), [b.rs](../b.rs)");
    }
}
