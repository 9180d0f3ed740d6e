//! The Helm chart: values, their schema and the templates name the same things. Rendering it needs Helm; this does not.

use crate::files::{below, json, text, yaml};
use serde_json::Value;
use yaml_rust2::Yaml;

const CHART: &str = "deploy/helm/klatch";

/// Values and schema have the same keys, at every depth that the schema closes.
fn same(values: &Yaml, schema: &Value, path: &str) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    assert_eq!(schema["additionalProperties"], false, "{path} is closed");
    let values = values.as_hash().unwrap();
    for key in values.keys() {
        let key = key.as_str().unwrap();
        assert!(
            properties.contains_key(key),
            "values.schema.json lacks {path}{key}"
        );
    }
    for (key, property) in properties.iter().filter(|(key, _)| *key != "global") {
        let value = values.get(&Yaml::String(key.clone()));
        let value = value.unwrap_or_else(|| panic!("values.yaml lacks {path}{key}"));
        same(value, property, &format!("{path}{key}."));
    }
}

/// The paths after `.Values.` in a template.
fn used(template: &str) -> Vec<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let rest = template.split(".Values.").skip(1);
    rest.map(|rest| {
        rest.split(|c| !part(c))
            .next()
            .unwrap()
            .trim_end_matches('.')
            .to_owned()
    })
    .collect()
}

#[test]
fn values_and_schema_agree() {
    same(
        &yaml(&format!("{CHART}/values.yaml")),
        &json(&format!("{CHART}/values.schema.json")),
        "",
    );
}

#[test]
fn templates_use_values_that_there_are_and_all_of_them() {
    let values = yaml(&format!("{CHART}/values.yaml"));
    let templates = below(&format!("{CHART}/templates"));
    let all: Vec<String> = templates.iter().flat_map(|path| used(&text(path))).collect();
    assert!(all.len() > 50, "the search works");
    for path in &all {
        let found = path.split('.').fold(&values, |value, key| &value[key]);
        assert!(
            !found.is_badvalue(),
            "a template uses .Values.{path}, which values.yaml lacks"
        );
    }
    for (key, value) in values.as_hash().unwrap() {
        let key = key.as_str().unwrap();
        let inner = value
            .as_hash()
            .map(|hash| hash.keys().filter_map(Yaml::as_str).collect::<Vec<_>>());
        for inner in inner
            .filter(|keys| !keys.is_empty() && key != "resources")
            .unwrap_or_default()
        {
            assert!(
                all.contains(&format!("{key}.{inner}")),
                "no template uses {key}.{inner}"
            );
        }
        let somewhere = |path: &String| path == key || path.starts_with(&format!("{key}."));
        assert!(all.iter().any(somewhere), "no template uses {key}");
    }
}

#[test]
fn blocks_of_templates_are_closed() {
    for path in below(&format!("{CHART}/templates")) {
        let text = text(&path);
        let actions = text
            .split("{{")
            .skip(1)
            .map(|rest| rest.split("}}").next().unwrap());
        let words: Vec<&str> = actions
            .map(|action| {
                action
                    .trim_start_matches('-')
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
            })
            .collect();
        let opened = words
            .iter()
            .filter(|word| ["if", "with", "range", "define"].contains(word))
            .count();
        let closed = words.iter().filter(|word| **word == "end").count();
        assert_eq!(opened, closed, "{path}");
        assert_eq!(text.matches("{{").count(), text.matches("}}").count(), "{path}");
    }
}

#[test]
fn a_pod_hides_the_variables_of_services() {
    // Kubernetes would set KLATCH_PORT for a Service named klatch, and the binary refuses what it does not know.
    assert!(text(&format!("{CHART}/templates/statefulset.yaml")).contains("enableServiceLinks: false"));
}
