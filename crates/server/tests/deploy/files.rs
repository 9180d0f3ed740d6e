//! Reading what is checked; and that it can be read.

use std::path::{Path, PathBuf};
use yaml_rust2::{Yaml, YamlLoader};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A text file of the workspace.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A YAML file of the workspace, with its `<<` resolved as Compose does.
pub(crate) fn yaml(path: &str) -> Yaml {
    let documents = YamlLoader::load_from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(documents.len(), 1, "{path} is one document");
    merged(documents.into_iter().next().unwrap())
}

/// A JSON file of the workspace.
pub(crate) fn json(path: &str) -> serde_json::Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder, as paths from the workspace's.
pub(crate) fn below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            found.extend(below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Mappings take over what their `<<` names; their own keys win.
fn merged(yaml: Yaml) -> Yaml {
    match yaml {
        Yaml::Hash(hash) => {
            let mut out = yaml_rust2::yaml::Hash::new();
            let (merges, own): (Vec<_>, Vec<_>) =
                hash.into_iter().partition(|(key, _)| key.as_str() == Some("<<"));
            for (_, value) in merges {
                out.extend(merged(value).into_hash().unwrap());
            }
            for (key, value) in own {
                out.insert(key, merged(value));
            }
            Yaml::Hash(out)
        }
        Yaml::Array(items) => Yaml::Array(items.into_iter().map(merged).collect()),
        plain => plain,
    }
}

#[test]
fn every_file_that_is_not_a_template_parses() {
    let mut seen = 0;
    for path in below("deploy")
        .iter()
        .filter(|path| !path.contains("/templates/"))
    {
        if path.ends_with(".yaml") {
            yaml(path);
            seen += 1;
        } else if path.ends_with(".json") {
            json(path);
            seen += 1;
        }
    }
    assert!(seen >= 6, "the search works: {seen}");
}

#[test]
fn merges_keep_what_is_said_nearer() {
    let documents = YamlLoader::load_from_str("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n").unwrap();
    let b = &merged(documents[0].clone())["b"];
    assert_eq!((b["x"].as_i64(), b["y"].as_i64()), (Some(1), Some(3)));
}
