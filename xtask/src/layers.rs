//! Crates import only what is below them.
//!
//! The table is the one of ARCHITECTURE.md. Dev-dependencies are free: a test may look from above.

use anyhow::{Context, bail};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The storeys, lowest first. Crates of one storey are siblings and may not import each other.
const STOREYS: [&[&str]; 8] = [
    &["klatch-types"],
    &["klatch-protocol"],
    &["klatch-engine"],
    &["klatch-log", "klatch-store", "klatch-fanout", "klatch-roster"],
    &["klatch-channel", "klatch-cluster", "klatch-worker"],
    &["klatch-session"],
    &["klatch-transport"],
    &["klatch-server"],
];

/// Crates beside the house, and what they may import.
const BESIDE: [(&str, &[&str]); 3] = [
    ("klatch-client", &["klatch-types", "klatch-protocol"]),
    (
        "klatch-testkit",
        &["klatch-client", "klatch-types", "klatch-protocol"],
    ),
    (
        "klatch-bench",
        &[
            "klatch-types",
            "klatch-protocol",
            "klatch-client",
            "klatch-testkit",
        ],
    ),
];

/// What a storey may import of the crates beside the house: the command line of the server is a client too.
const BESIDE_ALLOWED: [(&str, &str); 1] = [("klatch-server", "klatch-client")];

/// Crates that look at the house from outside and may import all of it.
const OUTSIDE: [&str; 2] = ["klatch-tests", "xtask"];

/// One import of a crate by another; not a dev-dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Import {
    from: String,
    to: String,
}

/// Fails with a sentence for each import that goes up or sideways.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let faults = faults(&imports(&metadata(root)?)?);
    if faults.is_empty() {
        println!("layers: every crate imports only what is below it");
        return Ok(());
    }
    bail!("{}", faults.join("\n"))
}

fn metadata(root: &Path) -> anyhow::Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("`cargo metadata` could not be started")?;
    if !output.status.success() {
        bail!(
            "`cargo metadata` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    serde_json::from_slice(&output.stdout).context("`cargo metadata` did not answer with JSON")
}

/// The crates of the workspace with their imports of each other. A crate without any imports itself from nowhere.
fn imports(metadata: &Value) -> anyhow::Result<Vec<Import>> {
    let packages = metadata["packages"]
        .as_array()
        .context("`cargo metadata` named no packages")?;
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let own: Vec<String> = packages.iter().map(name).collect();
    let mut imports = Vec::new();
    for package in packages {
        let none = Vec::new();
        for dependency in package["dependencies"].as_array().unwrap_or(&none) {
            let to = name(dependency);
            if dependency["kind"].as_str() != Some("dev") && own.contains(&to) {
                imports.push(Import {
                    from: name(package),
                    to,
                });
            }
        }
    }
    for crate_name in own {
        if storey(&crate_name).is_none() && !beside(&crate_name) && !OUTSIDE.contains(&crate_name.as_str()) {
            bail!(
                "`{crate_name}` has no place in the table of xtask/src/layers.rs: decide which crates it may import and \
                 who may import it, and write it there and in ARCHITECTURE.md"
            );
        }
    }
    Ok(imports)
}

fn storey(name: &str) -> Option<usize> {
    STOREYS.iter().position(|storey| storey.contains(&name))
}

fn beside(name: &str) -> bool {
    BESIDE.iter().any(|(beside, _)| *beside == name)
}

fn faults(imports: &[Import]) -> Vec<String> {
    imports.iter().filter_map(fault).collect()
}

/// Why an import is not allowed, and what to do.
fn fault(Import { from, to }: &Import) -> Option<String> {
    let (from, to) = (from.as_str(), to.as_str());
    if OUTSIDE.contains(&from) || BESIDE_ALLOWED.contains(&(from, to)) {
        return None;
    }
    if let Some((_, allowed)) = BESIDE.iter().find(|(name, _)| *name == from) {
        let fine = allowed.contains(&to);
        return (!fine).then(|| {
            format!(
                "`{from}` stands beside the house and may import {} only, not `{to}`",
                allowed.join(", ")
            )
        });
    }
    match (storey(from), storey(to)) {
        (Some(above), Some(below)) if below < above => None,
        (Some(above), Some(below)) if below == above => Some(format!(
            "`{from}` imports its sibling `{to}`: siblings know nothing of each other; move what both need below them, \
             or let the crate above join them"
        )),
        (Some(_), Some(_)) => Some(format!(
            "`{from}` imports `{to}`, which is above it: data flows one way; pass a small handle or a trait object \
             down instead"
        )),
        _ => Some(format!(
            "`{from}` may not import `{to}`, which is for tests and tools: make it a dev-dependency, or move what is \
             needed below"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(from: &str, to: &str) -> Option<String> {
        fault(&Import {
            from: from.to_owned(),
            to: to.to_owned(),
        })
    }

    #[test]
    fn the_workspace_keeps_its_layers() {
        let imports = imports(&metadata(&crate::root()).unwrap()).unwrap();
        assert!(imports.len() > 10, "hardly any imports were found: {imports:?}");
        let faults = faults(&imports);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn imports_go_down() {
        assert_eq!(verdict("klatch-server", "klatch-types"), None);
        assert_eq!(verdict("klatch-log", "klatch-engine"), None);
        assert!(
            verdict("klatch-channel", "klatch-session")
                .unwrap()
                .contains("above")
        );
        assert!(
            verdict("klatch-types", "klatch-protocol")
                .unwrap()
                .contains("above")
        );
    }

    #[test]
    fn siblings_do_not_import_each_other() {
        assert!(verdict("klatch-log", "klatch-store").unwrap().contains("sibling"));
        assert!(
            verdict("klatch-fanout", "klatch-log")
                .unwrap()
                .contains("sibling")
        );
    }

    #[test]
    fn the_crates_beside_the_house_see_little_of_it() {
        assert_eq!(verdict("klatch-client", "klatch-protocol"), None);
        assert_eq!(verdict("klatch-testkit", "klatch-client"), None);
        assert_eq!(verdict("klatch-bench", "klatch-testkit"), None);
        assert_eq!(verdict("klatch-server", "klatch-client"), None);
        assert!(
            verdict("klatch-client", "klatch-session")
                .unwrap()
                .contains("beside")
        );
        assert!(
            verdict("klatch-bench", "klatch-transport")
                .unwrap()
                .contains("beside")
        );
        assert!(
            verdict("klatch-server", "klatch-testkit")
                .unwrap()
                .contains("dev-dependency")
        );
        assert!(
            verdict("klatch-session", "klatch-client")
                .unwrap()
                .contains("dev-dependency")
        );
    }

    #[test]
    fn dev_dependencies_are_free_and_strangers_are_refused() {
        let package = |name: &str, dependency: &str, kind: Option<&str>| serde_json::json!({ "name": name, "dependencies": [{ "name": dependency, "kind": kind }] });
        let types = serde_json::json!({ "name": "klatch-types", "dependencies": [] });
        let of = |package: Value| serde_json::json!({ "packages": [package, types] });
        assert_eq!(
            imports(&of(package("klatch-log", "klatch-types", Some("dev")))).unwrap(),
            []
        );
        assert_eq!(
            imports(&of(package("klatch-log", "klatch-types", None)))
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            imports(&of(package("klatch-log", "klatch-types", Some("build"))))
                .unwrap()
                .len(),
            1
        );
        assert!(imports(&of(package("klatch-attic", "klatch-types", None))).is_err());
    }
}
