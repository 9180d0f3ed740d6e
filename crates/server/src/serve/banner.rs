//! What the person who started the server reads: where it is and how to log in.

use super::FirstStart;
use crate::config::{Config, StorageKind, shown};
use crate::demo;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// The lines, for stdout.
pub(super) fn banner(
    config: &Config,
    (public, internal): (SocketAddr, SocketAddr),
    first: FirstStart,
) -> String {
    let mut out = format!("klatch {}\n", env!("CARGO_PKG_VERSION"));
    let page = config
        .server
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{public}"));
    let data = match config.storage.kind {
        StorageKind::Sqlite => shown(&config.storage.data_dir),
        StorageKind::Postgres => "PostgreSQL, as storage.url says".to_owned(),
        StorageKind::Memory => "in memory: everything is gone when the server stops".to_owned(),
    };
    let mut line =
        |name: &str, text: &str| writeln!(out, "  {name:<9} {text}").expect("a String takes everything");
    line("open", &format!("{page}/"));
    line(
        "internal",
        &format!("http://{internal}/metrics  /healthz  /readyz"),
    );
    line("data", &data);
    match first {
        FirstStart::InUse => {}
        FirstStart::NoAccounts => {
            line(
                "accounts",
                "none yet: sign up on the page, or stop the server and run `klatch user add NAME`",
            );
        }
        FirstStart::Demo => {
            line(
                "demo",
                "this is a demo: everyone knows its passwords, so keep nothing in it",
            );
            line(
                "log in",
                &format!(
                    "as {} with password {}",
                    demo::usernames().join(", "),
                    demo::PASSWORD
                ),
            );
        }
        FirstStart::NoDemo => {
            line(
                "demo",
                "not made, because the database has spaces already; --data names another folder",
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banner_of(first: FirstStart) -> String {
        let addresses = (
            "127.0.0.1:8080".parse().unwrap(),
            "127.0.0.1:8081".parse().unwrap(),
        );
        let mut config = Config::default();
        config.storage.data_dir = "/var/lib/klatch".into();
        banner(&config, addresses, first).replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }

    #[test]
    fn a_demo_says_that_it_is_one_and_how_to_log_in() {
        insta::assert_snapshot!(banner_of(FirstStart::Demo), @r##"
klatch VERSION
  open      http://127.0.0.1:8080/
  internal  http://127.0.0.1:8081/metrics  /healthz  /readyz
  data      /var/lib/klatch
  demo      this is a demo: everyone knows its passwords, so keep nothing in it
  log in    as ana, rui, marta with password klatch-demo-2026
"##);
    }

    #[test]
    fn an_empty_server_says_how_to_make_the_first_account() {
        insta::assert_snapshot!(banner_of(FirstStart::NoAccounts), @r##"
klatch VERSION
  open      http://127.0.0.1:8080/
  internal  http://127.0.0.1:8081/metrics  /healthz  /readyz
  data      /var/lib/klatch
  accounts  none yet: sign up on the page, or stop the server and run `klatch user add NAME`
"##);
    }
}
