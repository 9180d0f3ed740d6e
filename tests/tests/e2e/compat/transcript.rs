//! S0.2, S0.4, S0.5, S1.4, S2.3, S4.4: the transcripts of `docs/compat.md`, run again with the real `curl`.

use super::Town;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use tokio::process::Command;

const PAGE: &str = include_str!("../../../../docs/compat.md");

/// A command and what it printed.
struct Transcript {
    command: String,
    printed: String,
}

/// The fenced blocks of the page that begin with a prompt.
fn transcripts() -> Vec<Transcript> {
    let blocks = PAGE.split("```console\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let read = |block: &str| {
        let (mut command, mut printed) = (String::new(), String::new());
        let mut commanding = false;
        for line in block.lines() {
            match line.strip_prefix("$ ") {
                Some(first) => {
                    commanding = true;
                    command.push_str(first);
                }
                None if commanding => command.push_str(line),
                None => printed.push_str(line),
            }
            commanding = commanding && line.ends_with('\\');
            (if commanding { &mut command } else { &mut printed }).push('\n');
        }
        Transcript { command, printed }
    };
    blocks.map(read).collect()
}

/// Whether an answer is what the page shows; `…` stands for any text that is not empty.
fn same(shown: &Value, came: &Value) -> bool {
    match (shown, came) {
        (Value::String(shown), Value::String(came)) if shown == "…" => !came.is_empty(),
        (Value::Array(shown), Value::Array(came)) => {
            shown.len() == came.len() && shown.iter().zip(came).all(|(shown, came)| same(shown, came))
        }
        (Value::Object(shown), Value::Object(came)) => {
            shown.len() == came.len()
                && shown
                    .iter()
                    .all(|(name, shown)| came.get(name).is_some_and(|came| same(shown, came)))
        }
        _ => shown == came,
    }
}

#[test]
fn another_answer_is_noticed() {
    let value = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let shown = value(r#"{"id":"…","list":[{"n":1}]}"#);
    assert!(same(&shown, &value(r#"{"list":[{"n":1}],"id":"x"}"#)));
    for other in [
        r#"{"id":"","list":[{"n":1}]}"#,
        r#"{"id":"x","list":[{"n":2}]}"#,
        r#"{"id":"x","list":[]}"#,
        r#"{"id":"x"}"#,
        r#"{"id":"x","list":[{"n":1}],"more":1}"#,
    ] {
        assert!(!same(&shown, &value(other)), "{other}");
    }
}

#[tokio::test]
async fn the_page_tells_what_happens() -> Result<()> {
    let town = Town::new().await?;
    let transcripts = transcripts();
    ensure!(transcripts.len() >= 18, "{} transcripts", transcripts.len());
    for Transcript { command, printed } in transcripts {
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &command])
            .env("CHAT", town.server.base())
            .env("INSIDE", town.server.internal_base())
            .env("ANA", &town.ana.token)
            .env("JANE", &town.jane.token)
            .env("JOHN", &town.john.token)
            .env("MATHS", &town.group)
            .env("no_proxy", "127.0.0.1")
            .output()
            .await?;
        let told = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let shown: Value =
            serde_json::from_str(&printed).with_context(|| format!("the page, after {command}"))?;
        let came: Value = serde_json::from_str(&told).with_context(|| format!("{command}: {told}"))?;
        ensure!(
            same(&shown, &came),
            "{command}: the page shows\n{printed}and there came\n{told}"
        );
    }
    Ok(())
}

/// Every address of an earlier chat, on either listener, has a transcript.
#[tokio::test]
async fn no_address_is_left_out() -> Result<()> {
    let town = Town::new().await?;
    let shown: BTreeSet<String> = transcripts().iter().filter_map(|t| address(&t.command)).collect();
    let public = town
        .api(&town.ana)?
        .must("GET", "/openapi.json", None)
        .await?
        .body;
    let internal = town.inside()?.must("GET", "/openapi.json", None).await?.body;
    let mut missing = Vec::new();
    for (listener, document) in [("$CHAT", public), ("$INSIDE", internal)] {
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let tag = operation["tags"][0].as_str().unwrap_or_default();
                let address = format!("{} {listener}{path}", method.to_uppercase());
                if ["s0", "s1", "s2", "s4"].contains(&tag) && !shown.iter().any(|shown| fits(&address, shown))
                {
                    missing.push(address);
                }
            }
        }
    }
    ensure!(missing.is_empty(), "no transcript of {missing:?} among {shown:?}");
    Ok(())
}

/// Method and address of a command.
fn address(command: &str) -> Option<String> {
    let at = command.find("$CHAT/").or_else(|| command.find("$INSIDE/"))?;
    let target = command[at..].split(['"', '?', ' ', '\n']).next()?;
    let method = match command {
        _ if command.contains("-X GET") => "GET",
        _ if command.contains("--json") => "POST",
        _ => "GET",
    };
    Some(format!("{method} {target}"))
}

/// Whether an address is one of a template.
fn fits(template: &str, address: &str) -> bool {
    let (template, address): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), address.split('/').collect());
    template.len() == address.len()
        && template
            .iter()
            .zip(&address)
            .all(|(part, given)| part == given || (part.starts_with('{') && !given.is_empty()))
}
