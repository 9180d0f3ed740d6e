//! `known_vulnerabilities`: what cargo-deny finds in the sources that a server was built from.
//!
//! A running server cannot tell of itself, and a list that came with it would be as old as it. So this is unknown where the
//! sources, the tool or its database are missing, and unknown is not good.

use super::bounds::{Bounds, Function};
use super::report::Row;
use anyhow::{Context, bail};
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// Looks for them.
pub(super) async fn measure(sources: Option<&Path>, bounds: &Bounds) -> Row {
    let Some(sources) = sources else {
        let why = "not looked for: say with --sources where the server's sources are";
        return Row::unknown(Function::KnownVulnerabilities, bounds, why.to_owned());
    };
    match count(sources).await {
        Ok(found) => {
            let detail = format!(
                "in the libraries that {} names",
                sources.join("Cargo.lock").display()
            );
            Row::measured(Function::KnownVulnerabilities, bounds, f64::from(found), detail)
        }
        Err(error) => Row::unknown(Function::KnownVulnerabilities, bounds, format!("{error:#}")),
    }
}

async fn count(sources: &Path) -> anyhow::Result<u32> {
    let output = Command::new("cargo")
        .args(["deny", "--offline", "--format", "json", "check", "advisories"])
        .current_dir(sources)
        .stdin(Stdio::null())
        .output()
        .await
        .context("cargo cannot be started")?;
    // It tells on stderr, an object on each line.
    read(&String::from_utf8_lossy(&output.stderr))
}

/// Counts advisories of the kind `vulnerability` or `unsound`; the summary at the end says that it got that far.
fn read(said: &str) -> anyhow::Result<u32> {
    let (mut found, mut ended, mut last) = (0, false, "");
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        last = line;
        let Ok(object) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        ended |= object["type"] == "summary";
        let code = object["fields"]["code"].as_str().unwrap_or_default();
        found += u32::from(object["type"] == "diagnostic" && matches!(code, "vulnerability" | "unsound"));
    }
    if !ended {
        bail!("cargo-deny did not come to an end (is its database there? `cargo deny fetch`): {last}");
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vulnerabilities_are_counted_and_silence_is_not_safety() {
        let summary = r#"{"type":"summary","fields":{"advisories":{"errors":1}}}"#;
        let vulnerable = r#"{"type":"diagnostic","fields":{"code":"vulnerability","severity":"error"}}"#;
        let unmaintained = r#"{"type":"diagnostic","fields":{"code":"unmaintained","severity":"warning"}}"#;
        assert_eq!(read(summary).unwrap(), 0);
        assert_eq!(
            read(&format!(
                "{vulnerable}\n{unmaintained}\n{vulnerable}\n{summary}\n"
            ))
            .unwrap(),
            2
        );
        assert!(read("").is_err());
        assert!(read("error: no such command: `deny`").is_err());
        assert!(read(vulnerable).is_err(), "it broke off");
    }
}
