//! The internal listener of a running server, for commands that ask it something.

use super::{Global, say};
use anyhow::{Context, bail};
use clap::Args;
use klatch_client::Rest;
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Which server is asked.
#[derive(Debug, Args)]
pub(super) struct Inside {
    /// Address of a server's internal listener, such as http://127.0.0.1:8081; that of `server.internal` if left out
    #[arg(long, value_name = "URL")]
    internal: Option<String>,
}

impl Inside {
    /// Calls to the server.
    ///
    /// # Errors
    /// The configuration is wrong, or does not say where the server listens.
    pub(super) fn rest(&self, global: &Global) -> anyhow::Result<Rest> {
        let base = match &self.internal {
            Some(url) => url.clone(),
            None => base(global.load(Vec::new())?.server.internal)?,
        };
        Rest::new(base).context("no HTTP client can be made")
    }
}

/// How a server that listens there is reached from the same machine.
fn base(listens: SocketAddr) -> anyhow::Result<String> {
    if listens.port() == 0 {
        bail!("server.internal has port 0, so any: say where the server listens with --internal");
    }
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    Ok(format!("http://{}", SocketAddr::new(ip, listens.port())))
}

/// Prints an answer as it came, for programs.
pub(super) fn print_json<T: Serialize>(answer: &T) -> anyhow::Result<()> {
    say(&format!("{}\n", serde_json::to_string_pretty(answer)?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_loopback() {
        for (listens, asked) in [
            ("127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("0.0.0.0:8081", "http://127.0.0.1:8081"),
            ("[::]:8081", "http://[::1]:8081"),
            ("10.0.0.7:9000", "http://10.0.0.7:9000"),
        ] {
            assert_eq!(base(listens.parse().unwrap()).unwrap(), asked);
        }
        assert!(base("127.0.0.1:0".parse().unwrap()).is_err());
    }
}
