//! `[server]`: addresses, proxies, threads.

use super::cidr::Cidr;
use super::section::section;
use super::{Problem, problem};
use std::net::SocketAddr;
use std::path::Path;

section! {
    /// Where the server listens and how it runs.
    pub struct Server = "server" {
        /// Address of the public listener: web page, REST and WebSocket. Port 0 takes any free port.
        pub public: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// Address of the internal listener: metrics, health, administration. Keep it unreachable from outside.
        pub internal: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8081)),
        /// Lets the internal listener bind to an address that is not loopback. Only behind a firewall.
        pub internal_anywhere: bool = false,
        /// Address at which browsers reach the public listener, if a proxy stands before it.
        /// Example: "https://chat.example.org"
        pub public_url: Option<String> = None,
        /// Networks of the proxies whose `X-Forwarded-For` is believed, such as "10.0.0.0/8" or "192.0.2.7".
        pub trusted_proxies: Vec<String> = Vec::new(),
        /// Worker threads; 0 takes one for each processor.
        pub workers: usize = 0,
        /// Seconds that requests under way have to finish when the server stops.
        pub drain_seconds: u64 = 10,
    }
}

/// Most worker threads that make sense.
const WORKERS_MAX: usize = 1_024;
/// Longest drain: service managers give up before.
const DRAIN_SECONDS_MAX: u64 = 600;

impl Server {
    /// Refuses values out of range and unsafe ones.
    pub fn check(&self) -> Result<(), Problem> {
        if self.public == self.internal && self.public.port() != 0 {
            return problem(
                "server.internal",
                "is the same address as server.public; give it another port",
            );
        }
        if !self.internal.ip().is_loopback() && !self.internal_anywhere {
            return problem(
                "server.internal",
                "is not a loopback address, so strangers might reach the administration; use 127.0.0.1, or set \
                 server.internal_anywhere = true behind a firewall",
            );
        }
        if self.workers > WORKERS_MAX {
            return problem("server.workers", format!("must be from 0 to {WORKERS_MAX}"));
        }
        if !(1..=DRAIN_SECONDS_MAX).contains(&self.drain_seconds) {
            return problem(
                "server.drain_seconds",
                format!("must be from 1 to {DRAIN_SECONDS_MAX}"),
            );
        }
        self.check_url()?;
        self.proxies().map(drop)
    }

    /// The trusted networks, parsed.
    pub fn proxies(&self) -> Result<Vec<Cidr>, Problem> {
        let parse = |text: &String| match text.parse::<Cidr>() {
            Ok(network) if network.is_everything() => problem(
                "server.trusted_proxies",
                format!("`{text}` trusts everyone; name your proxies only"),
            ),
            Ok(network) => Ok(network),
            Err(why) => problem("server.trusted_proxies", why),
        };
        self.trusted_proxies.iter().map(parse).collect()
    }

    fn check_url(&self) -> Result<(), Problem> {
        let Some(url) = &self.public_url else {
            return Ok(());
        };
        if super::origin::is_origin(url) {
            return Ok(());
        }
        problem(
            "server.public_url",
            "must be like https://chat.example.org, with no path and no slash at the end",
        )
    }
}

/// A relative path below the folder the server was started in, spelled out for messages.
pub fn shown(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}
