//! Dashboard and alerts name metrics that the code counts; every alert has its place in the operator guide.

use crate::files::{json, root, text, yaml};
use std::path::Path;

/// Names of a PromQL expression that are metrics of Klatch, without the ending of a histogram's parts.
fn named(expression: &str) -> Vec<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let metric = |word: &&str| {
        ["klatch_", "http_", "process_"]
            .iter()
            .any(|p| word.starts_with(p))
    };
    let whole = |word: &str| {
        let part = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| word.strip_suffix(end));
        part.unwrap_or(word).to_owned()
    };
    words.filter(metric).map(whole).collect()
}

/// The code of all rooms.
fn code(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

fn sources() -> String {
    let mut out = String::new();
    for room in std::fs::read_dir(root().join("crates")).unwrap() {
        code(&room.unwrap().path().join("src"), &mut out);
    }
    out
}

fn expressions_of_the_dashboard() -> Vec<String> {
    let dashboard = json("deploy/grafana/klatch.json");
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array())
        .flatten();
    targets
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect()
}

/// (name, expression, runbook) of each alert.
fn alerts() -> Vec<(String, String, String)> {
    let alerts = yaml("deploy/prometheus/alerts.yaml");
    let groups = alerts["groups"].as_vec().unwrap();
    let rules = groups.iter().flat_map(|group| group["rules"].as_vec().unwrap());
    let text = |yaml: &yaml_rust2::Yaml| yaml.as_str().unwrap().to_owned();
    rules
        .map(|rule| {
            (
                text(&rule["alert"]),
                text(&rule["expr"]),
                text(&rule["annotations"]["runbook"]),
            )
        })
        .collect()
}

#[test]
fn every_metric_is_counted_somewhere() {
    let sources = sources();
    let mut expressions = expressions_of_the_dashboard();
    expressions.extend(alerts().into_iter().map(|(_, expression, _)| expression));
    assert!(expressions.len() > 40, "the search works");
    for expression in expressions {
        for name in named(&expression) {
            assert!(
                sources.contains(&format!("\"{name}\"")),
                "no code counts {name}, which is in: {expression}"
            );
        }
    }
}

#[test]
fn every_described_metric_is_on_the_dashboard() {
    let described = text("crates/server/src/metrics/mod.rs");
    let described = described
        .split("DESCRIPTIONS: &[")
        .nth(1)
        .unwrap()
        .split("];")
        .next()
        .unwrap();
    let shown: Vec<String> = expressions_of_the_dashboard()
        .iter()
        .flat_map(|e| named(e))
        .collect();
    let quoted = described.split('"').skip(1).step_by(2);
    for name in quoted.filter(|text| !text.contains(' ') && text.contains('_')) {
        assert!(
            shown.iter().any(|shown| shown == name),
            "deploy/grafana/klatch.json does not show {name}"
        );
    }
}

#[test]
fn every_alert_has_its_place_in_the_guide() {
    let alerts = alerts();
    let guide = text("docs/operator.md");
    assert!(alerts.len() > 10);
    for (name, _, runbook) in alerts {
        assert_eq!(runbook, format!("docs/operator.md#{}", name.to_ascii_lowercase()));
        assert!(
            guide.contains(&format!("\n#### {name}\n")),
            "docs/operator.md has no heading `#### {name}`"
        );
    }
}
