//! Where configuration comes from, what wins, and what is refused.

#![allow(clippy::unwrap_used)] // a test that cannot go on stops

use klatch_server::config::{Config, Level, Sources, load, print_default};
use std::path::PathBuf;

fn with_file(text: &str) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("klatch.toml"), text).unwrap();
    let sources = Sources {
        folder: folder.path().to_owned(),
        ..Sources::default()
    };
    (folder, sources)
}

fn refusal(sources: &Sources) -> String {
    let text = load(sources).unwrap_err().to_string();
    assert!(!text.contains('\n'), "one line: {text}");
    text
}

fn environment(pairs: &[(&str, &str)]) -> Sources {
    let environment = pairs
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    let folder = tempfile::tempdir().unwrap().path().to_owned(); // gone by now: no klatch.toml in it
    Sources {
        folder,
        environment,
        ..Sources::default()
    }
}

#[test]
fn nothing_given_is_the_default() {
    assert_eq!(load(&environment(&[])).unwrap(), Config::default());
}

#[test]
fn flags_win_over_the_environment_and_it_over_the_file() {
    let text = "[server]\npublic = '127.0.0.1:1'\ninternal = '127.0.0.1:2'\nworkers = 3\n";
    let (_folder, mut sources) = with_file(text);
    sources.environment = vec![
        ("KLATCH_SERVER__PUBLIC".into(), "127.0.0.1:11".into()),
        ("KLATCH_SERVER__INTERNAL".into(), "127.0.0.1:12".into()),
        ("HOME".into(), "/root".into()),
    ];
    sources.flags = vec![("server", "public", "127.0.0.1:21".into())];
    let server = load(&sources).unwrap().server;
    assert_eq!(server.public.port(), 21);
    assert_eq!(server.internal.port(), 12);
    assert_eq!(server.workers, 3);
}

#[test]
fn the_environment_carries_texts_numbers_switches_and_lists() {
    let config = load(&environment(&[
        ("KLATCH_AUTH__ISSUER", "12345"),
        ("KLATCH_LIMITS__SENDS_PER_SECOND", "0"),
        ("KLATCH_LOG__LEVEL", "debug"),
        ("KLATCH_SERVER__PUBLIC_URL", "https://chat.example.org"),
        (
            "KLATCH_SECURITY__ALLOWED_ORIGINS",
            "[\"https://a.example\", \"https://b.example\"]",
        ),
        ("KLATCH_SECURITY__ALLOW_PLAIN_HTTP_ISSUERS", "true"),
    ]))
    .unwrap();
    assert_eq!(config.auth.issuer, "12345");
    assert_eq!(config.limits.sends_per_second, 0);
    assert_eq!(config.log.level, Level::Debug);
    assert_eq!(
        config.server.public_url.as_deref(),
        Some("https://chat.example.org")
    );
    assert_eq!(
        config.security.allowed_origins,
        ["https://a.example", "https://b.example"]
    );
    assert!(config.security.allow_plain_http_issuers);
}

#[test]
fn the_variable_klatch_config_names_the_file_and_the_flag_wins() {
    let (folder, _) = with_file("[server]\nworkers = 5\n");
    let path = folder.path().join("klatch.toml");
    let mut sources = environment(&[("KLATCH_CONFIG", path.to_str().unwrap())]);
    assert_eq!(load(&sources).unwrap().server.workers, 5);
    sources.file = Some(PathBuf::from("/nonexistent/klatch.toml"));
    insta::assert_snapshot!(refusal(&sources), @"configuration: /nonexistent/klatch.toml is not a file; --config needs one that exists");
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_name() {
    let (folder, sources) = with_file("[server]\npublik = '127.0.0.1:1'\n");
    let place = folder.path().display().to_string();
    insta::assert_snapshot!(
        refusal(&sources).replace(&place, "."),
        @"configuration: server.publik in ./klatch.toml is not a key; did you mean public?"
    );
    let (folder, sources) = with_file("[servr]\n");
    let place = folder.path().display().to_string();
    insta::assert_snapshot!(
        refusal(&sources).replace(&place, "."),
        @"configuration: [servr] in ./klatch.toml is not a section; did you mean server?"
    );
    insta::assert_snapshot!(
        refusal(&environment(&[("KLATCH_SERVER__PUBLICC", "1")])),
        @"configuration: KLATCH_SERVER__PUBLICC is not a variable of klatch (KLATCH_SECTION__KEY); did you mean KLATCH_SERVER__PUBLIC?"
    );
    insta::assert_snapshot!(
        refusal(&environment(&[("KLATCH_WORKERS", "1")])),
        @"configuration: KLATCH_WORKERS is not a variable of klatch (KLATCH_SECTION__KEY); did you mean KLATCH_SERVER__WORKERS?"
    );
}

#[test]
fn values_of_the_wrong_kind_name_their_key() {
    insta::assert_snapshot!(
        refusal(&environment(&[("KLATCH_SERVER__WORKERS", "many")])),
        @r##"configuration: server.workers has a value that cannot be used: invalid type: found string "many", expected usize"##
    );
    insta::assert_snapshot!(
        refusal(&environment(&[("KLATCH_LOG__LEVEL", "loud")])),
        @"configuration: log.level has a value that cannot be used: unknown variant: found `loud`, expected `one of `error`, `warn`, `info`, `debug`, `trace``"
    );
    insta::assert_snapshot!(
        refusal(&environment(&[("KLATCH_SERVER__PUBLIC", "8080")])),
        @"configuration: server.public has a value that cannot be used: invalid socket address syntax"
    );
}

#[test]
fn a_file_that_is_not_toml_is_named() {
    let (folder, sources) = with_file("[server\n");
    let text = refusal(&sources);
    assert!(text.contains("is not TOML"), "{text}");
    assert!(text.contains(&folder.path().display().to_string()), "{text}");
}

/// Each of these variables alone is refused, with its key and without a secret.
fn refused_for_their_keys(cases: &[(&str, &str, &str)]) {
    for (name, value, key) in cases {
        let text = refusal(&environment(&[(name, value)]));
        assert!(
            text.starts_with(&format!("configuration: {key} ")),
            "{name}={value}: {text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn impossible_values_of_a_cluster_are_refused() {
    refused_for_their_keys(&[
        ("KLATCH_STORAGE__URL", "postgres://u:hunter2@h/d", "storage.url"),
        ("KLATCH_STORAGE__URL_FILE", "/nonexistent", "storage.url_file"),
        ("KLATCH_STORAGE__KIND", "postgres", "storage.url"),
        ("KLATCH_STORAGE__CONNECTIONS", "1", "storage.connections"),
        ("KLATCH_STORAGE__LANES", "0", "storage.lanes"),
        ("KLATCH_CLUSTER__NATS", "[\"nats://h:4222\"]", "cluster.nats"),
        ("KLATCH_CLUSTER__NATS", "[\"h:4222\"]", "cluster.nats"),
        (
            "KLATCH_CLUSTER__NATS",
            "[\"nats://u:hunter2@h:4222\"]",
            "cluster.nats",
        ),
        ("KLATCH_CLUSTER__NAME", "Klatch", "cluster.name"),
        ("KLATCH_CLUSTER__REGION", "", "cluster.region"),
        ("KLATCH_CLUSTER__USER", "klatch", "cluster.password_file"),
        ("KLATCH_CLUSTER__PASSWORD_FILE", "/p", "cluster.user"),
        ("KLATCH_CLUSTER__ADVERTISE", "chat-3", "cluster.advertise"),
        ("KLATCH_CLUSTER__CAPACITY", "0", "cluster.capacity"),
        (
            "KLATCH_CLUSTER__BUS_PROTOCOL_MAX",
            "3",
            "cluster.bus_protocol_max",
        ),
        ("KLATCH_FIRST__SPACE", "Not a slug", "first.space"),
        ("KLATCH_FIRST__NAME", "", "first.name"),
        ("KLATCH_FIRST__PROFILE", "school", "first.profile"),
    ]);
}

#[test]
fn unsafe_and_impossible_values_are_refused() {
    let cases = [
        ("KLATCH_SERVER__INTERNAL", "0.0.0.0:8081", "server.internal"),
        ("KLATCH_SERVER__INTERNAL", "127.0.0.1:8080", "server.internal"),
        ("KLATCH_SERVER__WORKERS", "100000", "server.workers"),
        ("KLATCH_SERVER__DRAIN_SECONDS", "0", "server.drain_seconds"),
        (
            "KLATCH_SERVER__PUBLIC_URL",
            "https://chat.example.org/",
            "server.public_url",
        ),
        (
            "KLATCH_SERVER__TRUSTED_PROXIES",
            "[\"0.0.0.0/0\"]",
            "server.trusted_proxies",
        ),
        (
            "KLATCH_SERVER__TRUSTED_PROXIES",
            "[\"proxy\"]",
            "server.trusted_proxies",
        ),
        ("KLATCH_STORAGE__DATA_DIR", "", "storage.data_dir"),
        ("KLATCH_LOG__KEEP_FILES", "0", "log.keep_files"),
        ("KLATCH_LIMITS__SENDS_BURST", "0", "limits.sends_burst"),
        (
            "KLATCH_LIMITS__SENDS_PER_SECOND",
            "4000000000",
            "limits.sends_per_second",
        ),
        ("KLATCH_LIMITS__OUTBOX_BYTES", "1", "limits.outbox_bytes"),
        ("KLATCH_LIMITS__OUTBOX_FRAMES", "1", "limits.outbox_frames"),
        (
            "KLATCH_FANOUT__PULL_EVENTS_PER_SECOND",
            "0",
            "fanout.pull_events_per_second",
        ),
        ("KLATCH_FANOUT__PULLS_PER_SECOND", "0", "fanout.pulls_per_second"),
        (
            "KLATCH_FANOUT__PULL_LEFT_AFTER_MS",
            "60001",
            "fanout.pull_left_after_ms",
        ),
        ("KLATCH_FANOUT__HINT_EVERY_MS", "5001", "fanout.hint_every_ms"),
        (
            "KLATCH_FANOUT__HINT_EVERY_MS_MAX",
            "0",
            "fanout.hint_every_ms_max",
        ),
        (
            "KLATCH_AUTH__ACCESS_TOKEN_LIFE_S",
            "601",
            "auth.access_token_life_s",
        ),
        (
            "KLATCH_AUTH__REFRESH_TOKEN_LIFE_S",
            "1",
            "auth.refresh_token_life_s",
        ),
        ("KLATCH_AUTH__ISSUER", "a b", "auth.issuer"),
        ("KLATCH_AUTH__COOKIE", "klatch", "auth.cookie"),
        ("KLATCH_AUTH__COOKIE", "__host-klatch", "auth.cookie"),
        ("KLATCH_AUTH__COOKIE", "__Host-", "auth.cookie"),
        ("KLATCH_AUTH__COOKIE", "__Host-a; Domain=x", "auth.cookie"),
        (
            "KLATCH_SECURITY__ALLOWED_ORIGINS",
            "[\"*\"]",
            "security.allowed_origins",
        ),
    ];
    refused_for_their_keys(&cases);
    for good in ["", "__Host-klatch", "__Host-meet.session_1"] {
        let named = environment(&[("KLATCH_AUTH__COOKIE", good)]);
        assert_eq!(load(&named).unwrap().auth.cookie, good);
    }
    let tests_only = [
        ("KLATCH_SECURITY__ALLOW_PLAIN_HTTP_ISSUERS", "true"),
        ("KLATCH_SERVER__PUBLIC", "0.0.0.0:1"),
    ];
    assert!(
        refusal(&environment(&tests_only)).starts_with("configuration: security.allow_plain_http_issuers ")
    );
}

#[test]
fn the_internal_listener_goes_elsewhere_only_when_told_twice() {
    let told = [
        ("KLATCH_SERVER__INTERNAL", "0.0.0.0:8081"),
        ("KLATCH_SERVER__INTERNAL_ANYWHERE", "true"),
    ];
    assert_eq!(load(&environment(&told)).unwrap().server.internal.port(), 8081);
}

#[test]
fn a_demo_stays_on_this_machine() {
    let mut config = Config::default();
    assert!(config.check_demo().is_ok());
    config.server.public = "0.0.0.0:8080".parse().unwrap();
    assert_eq!(config.check_demo().unwrap_err().key, "server.public");
}

#[test]
fn the_printed_default_parses_back_to_the_default() {
    let (_folder, sources) = with_file(&print_default());
    assert_eq!(load(&sources).unwrap(), Config::default());
}

#[test]
fn every_key_is_printed_with_its_documentation() {
    let text = print_default();
    for section in Config::sections() {
        assert!(!section.fields.is_empty());
        assert_eq!(
            section.fields.len(),
            section.defaults.as_dict().unwrap().len(),
            "[{}]: as many documented keys as keys",
            section.name
        );
        for field in section.fields {
            let doc = field.doc.concat();
            assert!(
                doc.trim().len() > 10,
                "{}.{} needs a sentence",
                section.name,
                field.name
            );
            assert!(
                text.contains(&format!("\n#{}\n", field.doc[0])),
                "{}.{}",
                section.name,
                field.name
            );
            let line = format!("\n{} = ", field.name);
            let absent = format!("\n# {} =\n", field.name);
            assert!(
                text.contains(&line) || text.contains(&absent),
                "{}.{}",
                section.name,
                field.name
            );
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_connection_string_comes_from_one_place_and_is_printed_by_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "postgres://u:hunter2@h/d\n").unwrap();
    let kind = ("KLATCH_STORAGE__KIND", "postgres");
    let url = ("KLATCH_STORAGE__URL", "postgres://u:hunter2@h/d");
    let from_file = ("KLATCH_STORAGE__URL_FILE", file.to_str().unwrap());
    for given in [url, from_file] {
        let config = load(&environment(&[kind, given])).unwrap();
        let secret = config.storage.connection_string().unwrap();
        assert_eq!(secret.expose(), url.1);
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
    }
    let text = refusal(&environment(&[kind, url, from_file]));
    assert!(
        text.starts_with("configuration: storage.url_file cannot be used together"),
        "{text}"
    );
    std::fs::write(&file, "\n").unwrap();
    let text = refusal(&environment(&[kind, from_file]));
    assert!(text.ends_with("which is empty"), "{text}");
}

#[test]
fn mistakes_in_a_file_do_not_print_the_secrets_beside_them() {
    let files = [
        "[storage]\nkind = 'postgres'\nurl = \"postgres://u:hunter2@h/d\nlanes = 1\n",
        "[storage]\nkind = 'postgres'\nurl = ['postgres://u:hunter2@h/d']\n",
        "[storage]\nkind = 'postgres'\nurl = 'postgres://u:hunter2@h/d' 'x'\n",
    ];
    for text in files {
        let (_folder, sources) = with_file(text);
        let said = refusal(&sources);
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_bus_needs_a_database_that_can_be_shared_and_one_way_to_be_known() {
    let shared = [
        ("KLATCH_STORAGE__KIND", "postgres"),
        ("KLATCH_STORAGE__URL", "postgres://h/d"),
        (
            "KLATCH_CLUSTER__NATS",
            "[\"nats://127.0.0.1:4222\", \"tls://[::1]:4222\"]",
        ),
    ];
    assert!(load(&environment(&shared)).unwrap().cluster.has_bus());
    assert!(!load(&environment(&shared[..2])).unwrap().cluster.has_bus());
    let two_ways = [
        ("KLATCH_CLUSTER__CREDENTIALS_FILE", "/c"),
        ("KLATCH_CLUSTER__TOKEN_FILE", "/t"),
    ];
    let text = refusal(&environment(&two_ways));
    assert!(
        text.starts_with("configuration: cluster.token_file cannot be used together"),
        "{text}"
    );
}
