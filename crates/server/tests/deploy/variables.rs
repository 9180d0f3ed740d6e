//! Variables are keys of the configuration, and what Compose, the image and systemd set is a configuration that works.

use crate::files::{below, root, text, yaml};
use klatch_server::config::{Config, Sources, StorageKind, load};
use std::path::Path;

/// The variables named in a text: KLATCH_SECTION__KEY, whatever is around them.
fn named(text: &str) -> Vec<String> {
    let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let starts = text.match_indices("KLATCH_").map(|(at, _)| &text[at..]);
    starts
        .map(|rest| rest.split(|c| !part(c)).next().unwrap_or_default())
        .filter(|name| name.contains("__"))
        .map(str::to_owned)
        .collect()
}

fn known() -> Vec<String> {
    let name = |section: &str, key: &str| format!("KLATCH_{section}__{key}").to_ascii_uppercase();
    let sections = Config::sections();
    let of = |section: &klatch_server::config::SectionInfo| {
        section
            .fields
            .iter()
            .map(|field| name(section.name, field.name))
            .collect::<Vec<_>>()
    };
    sections.iter().flat_map(of).collect()
}

/// What the configuration is under these variables, with the folder that secrets are read from at hand.
fn configured(mut environment: Vec<(String, String)>, keys: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in &mut environment {
        if let Some(file) = value.strip_prefix(keys) {
            let path = folder.path().join(file.trim_start_matches('/'));
            let secret = if file.ends_with("url") {
                "postgres://klatch@db/klatch"
            } else {
                "secret"
            };
            std::fs::write(&path, secret).unwrap();
            assert!(name.ends_with("_FILE"), "{name} names a secret's file");
            *value = path.to_str().unwrap().to_owned();
        }
    }
    let sources = Sources {
        folder: folder.path().to_owned(),
        environment,
        ..Sources::default()
    };
    load(&sources).unwrap_or_else(|problem| panic!("{problem}"))
}

/// What the image sets, from the `ENV` of its file.
fn of_the_image() -> Vec<(String, String)> {
    let text = text("deploy/Dockerfile");
    let words = text.split_whitespace().filter(|word| word.starts_with("KLATCH_"));
    let pairs = words.filter_map(|word| word.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn of_a_unit(path: &str) -> Vec<(String, String)> {
    let text = text(path);
    let lines = text.lines().filter_map(|line| line.strip_prefix("Environment="));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn every_variable_is_a_key() {
    let known = known();
    let mut seen = 0;
    let files = below("deploy").into_iter().chain(["docs/operator.md".to_owned()]);
    for path in files.filter(|path| Path::new(path).file_name().is_some()) {
        for name in named(&text(&path)) {
            seen += 1;
            let placeholder = name == "KLATCH_SECTION__KEY";
            assert!(
                known.contains(&name) || placeholder,
                "{path} names {name}, which is no key: `klatch config print-default`"
            );
        }
    }
    assert!(seen > 50, "the search works: {seen}");
}

#[test]
fn the_image_serves_on_all_addresses_of_its_container() {
    let config = configured(of_the_image(), "/nowhere");
    assert!(config.server.public.ip().is_unspecified());
    assert!(config.server.internal.ip().is_loopback());
    assert_eq!(config.storage.data_dir, Path::new("/data"));
}

#[test]
fn the_nodes_of_compose_are_one_cluster() {
    let compose = yaml("deploy/compose.yaml");
    let nats = text("deploy/nats/nats.conf");
    let services = compose["services"].as_hash().unwrap();
    let mut advertised = Vec::new();
    for (name, service) in services {
        let name = name.as_str().unwrap();
        if !name.starts_with("klatch") {
            assert!(
                service["environment"]["KLATCH_CLUSTER__NAME"].is_badvalue(),
                "{name}"
            );
            continue;
        }
        let mut environment = of_the_image();
        for (key, value) in service["environment"].as_hash().unwrap() {
            environment.push((
                key.as_str().unwrap().to_owned(),
                value.as_str().unwrap().to_owned(),
            ));
        }
        let config = configured(environment, "/keys");
        assert_eq!(config.storage.kind, StorageKind::Postgres);
        assert!(config.cluster.has_bus() && config.cluster.nats.len() == 3);
        let allowed = format!("allow: [\"klatch.{}.>\"]", config.cluster.name);
        assert_eq!(
            nats.matches(&allowed).count(),
            2,
            "nats.conf lets the cluster speak and hear: {allowed}"
        );
        let grace = service["stop_grace_period"]
            .as_str()
            .unwrap()
            .trim_end_matches('s');
        assert!(grace.parse::<u64>().unwrap() > config.server.drain_seconds);
        advertised.push(config.cluster.advertise.unwrap());
    }
    advertised.sort();
    advertised.dedup();
    assert_eq!(
        advertised.len(),
        3,
        "each node has an address of its own: {advertised:?}"
    );
}

#[test]
fn only_the_balancer_of_compose_is_reached_from_outside() {
    let compose = yaml("deploy/compose.yaml");
    for (name, service) in compose["services"].as_hash().unwrap() {
        let name = name.as_str().unwrap();
        assert_eq!(service["ports"].is_badvalue(), name != "balancer", "{name}");
        for network in service["networks"].as_vec().into_iter().flatten() {
            let network = network.as_str().unwrap();
            let inner = compose["networks"][network]["internal"].as_bool() == Some(true);
            assert!(inner || name == "balancer", "{name} is in {network}");
        }
        for mount in service["volumes"].as_vec().into_iter().flatten() {
            let mount = mount.as_str().unwrap();
            if let Some(path) = mount.strip_prefix("./") {
                let path = root().join("deploy").join(path.split(':').next().unwrap());
                assert!(path.exists(), "{name} mounts {}", path.display());
            }
        }
    }
}

#[test]
fn units_set_what_can_work() {
    let without_file = |(name, _): &(String, String)| name != "KLATCH_CONFIG";
    let alone: Vec<_> = of_a_unit("deploy/systemd/klatch.service")
        .into_iter()
        .filter(without_file)
        .collect();
    assert_eq!(configured(alone.clone(), "%d").storage.kind, StorageKind::Sqlite);
    let mut clustered = alone;
    clustered.extend(of_a_unit("deploy/systemd/klatch.service.d/cluster.conf"));
    assert_eq!(configured(clustered, "%d").storage.kind, StorageKind::Postgres);
}
