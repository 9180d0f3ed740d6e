//! Commands that need no server.

#![allow(clippy::unwrap_used)] // a test that cannot go on stops

mod running;

use running::{klatch, klatch_fails, klatch_ok};
use std::io::Write;
use std::process::Stdio;

#[test]
fn spaces_users_and_channels_are_made_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    klatch_ok(folder, &["space", "add", "uni", "--profile", "course"]);
    let added = klatch_ok(folder, &["user", "add", "ana", "--name", "Ana", "--generate"]);
    assert!(added.contains("password: "), "{added}");
    klatch_ok(folder, &["user", "add", "rui", "--no-password"]);
    let twice = klatch_fails(folder, &["user", "add", "rui", "--no-password"], 1);
    assert!(
        twice.contains("cannot add `rui`") && twice.lines().count() == 1,
        "{twice}"
    );
    let id = klatch_ok(
        folder,
        &[
            "channel",
            "add",
            "Algorithms",
            "--owner",
            "ana",
            "--member",
            "rui",
            "--kind",
            "course",
        ],
    );
    let members = klatch_ok(folder, &["channel", "members", id.trim()]);
    assert!(members.contains("ana       Ana   owner"), "{members}");
    assert!(members.contains("rui       rui   member"), "{members}");
    assert!(klatch_ok(folder, &["channel", "list"]).contains("Algorithms"));
    klatch_ok(folder, &["user", "disable", "rui"]);
    assert!(klatch_ok(folder, &["user", "list"]).contains("disabled"));
    klatch_ok(folder, &["user", "enable", "rui"]);
    assert!(!klatch_ok(folder, &["user", "list"]).contains("disabled"));
    let unknown = klatch_fails(folder, &["token", "nobody"], 1);
    assert!(unknown.contains("there is no user `nobody`"), "{unknown}");
    assert_eq!(
        klatch_ok(folder, &["token", "ana", "--life", "60"])
            .trim()
            .split('.')
            .count(),
        3
    );
}

#[test]
fn a_password_comes_from_stdin_and_never_from_an_argument() {
    let folder = tempfile::tempdir().unwrap();
    klatch_ok(folder.path(), &["space", "add", "uni"]);
    let run = |args: &[&str], input: &str| {
        let mut child = running::command(folder.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let add = ["user", "add", "ana", "--password-stdin"];
    let short = run(&add, "short\n");
    assert_eq!(short.status.code(), Some(1));
    assert!(
        String::from_utf8(short.stderr)
            .unwrap()
            .contains("at least 12 characters")
    );
    let added = run(&add, "long enough for anybody\n");
    assert!(
        added.status.success(),
        "{}",
        String::from_utf8_lossy(&added.stderr)
    );
    assert!(
        run(
            &["user", "passwd", "ana", "--password-stdin"],
            "another one, as long\n"
        )
        .status
        .success()
    );
    let no_terminal = klatch_fails(folder.path(), &["user", "add", "rui"], 1);
    assert!(no_terminal.contains("--password-stdin"), "{no_terminal}");
}

#[test]
fn keys_and_issuers_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    klatch_ok(folder, &["space", "add", "uni"]);
    let key = klatch_ok(folder, &["space", "key", "add", "uni", "back end"]);
    assert!(key.starts_with("kk_"), "{key}");
    let list = klatch_ok(folder, &["space", "key", "list", "uni"]);
    assert!(
        list.contains("active   back end") || list.contains("active  back end"),
        "{list}"
    );
    assert!(!list.contains(key.trim()), "a key is shown once");
    let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    klatch_ok(folder, &["space", "key", "revoke", "uni", id]);
    assert!(klatch_ok(folder, &["space", "key", "list", "uni"]).contains("revoked"));

    std::fs::write(folder.join("secret"), "changeme".repeat(8)).unwrap();
    let add = [
        "space",
        "issuer",
        "add",
        "uni",
        "https://id.example",
        "--secret-file",
        "secret",
    ];
    let weak = klatch_fails(folder, &add, 1);
    assert!(weak.contains("is weak"), "{weak}");
    std::fs::write(folder.join("secret"), "q8Zr1v0Xo2Kd7Lw5Jt9Gm3Hs6Fy4BnCe\n").unwrap();
    let issuer = klatch_ok(folder, &add);
    assert!(klatch_ok(folder, &["space", "issuer", "list", "uni"]).contains("https://id.example  HS256"));
    klatch_ok(folder, &["space", "issuer", "remove", "uni", issuer.trim()]);
    assert_eq!(
        klatch_ok(folder, &["space", "issuer", "list", "uni"])
            .lines()
            .count(),
        1
    );
}

#[test]
fn a_policy_is_printed_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    klatch_ok(folder, &["space", "add", "uni"]);
    let changed = klatch_ok(
        folder,
        &[
            "space",
            "policy",
            "uni",
            "--set",
            "characters_max=400",
            "--origin",
            "https://www.example.org",
        ],
    );
    assert!(changed.contains("\"characters_max\": 400"), "{changed}");
    assert_eq!(klatch_ok(folder, &["space", "policy", "uni"]), changed);
    let wrong = klatch_fails(
        folder,
        &["space", "policy", "uni", "--set", "characters_max=0"],
        1,
    );
    assert!(wrong.contains("characters_max"), "{wrong}");
    klatch_fails(folder, &["space", "policy", "uni", "--origin", "*"], 1);
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(klatch(folder, &["--version"]).status.code(), Some(0));
    klatch_fails(folder, &["serve", "--nonsense"], 2);
    let missing = klatch_fails(folder, &["check"], 1);
    assert!(missing.contains("there is no database at"), "{missing}");
    std::fs::write(folder.join("klatch.toml"), "[server]\npublik = \"127.0.0.1:1\"\n").unwrap();
    for args in [&["serve"][..], &["config", "check"], &["user", "list"]] {
        let complaint = klatch_fails(folder, args, 78);
        assert_eq!(
            complaint,
            "klatch: configuration: server.publik in klatch.toml is not a key; did you mean public?\n"
        );
    }
    std::fs::write(folder.join("klatch.toml"), "[server]\npublic = \"0.0.0.0:0\"\n").unwrap();
    let demo = klatch_fails(folder, &["serve", "--demo"], 78);
    assert!(demo.contains("passwords that everyone knows"), "{demo}");
    assert!(!folder.join("data").exists(), "nothing was made");
}

#[test]
fn the_reference_completions_and_openapi_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let reference = klatch_ok(folder, &["config", "print-default"]);
    std::fs::write(folder.join("klatch.toml"), reference).unwrap();
    assert_eq!(
        klatch_ok(folder, &["config", "check"]),
        "the configuration is good\n"
    );
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            klatch_ok(folder, &["completions", shell]).contains("print-default"),
            "{shell}"
        );
    }
    let openapi = klatch_ok(folder, &["openapi"]);
    let openapi: serde_json::Value = serde_json::from_str(&openapi).unwrap();
    assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(openapi["paths"]["/v1/auth/login"].is_object());
}
