//! Several NATS servers that pass each other what their clients listen to.

use super::nats::{Nats, NatsOptions, PATIENCE, POLL};
use crate::ports::{PORT_TRIES, free_address};
use anyhow::{bail, ensure};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Instant;

/// Where nobody listens: see [`NatsCluster::start_with`].
const NOWHERE: &str = "127.0.0.1:1";

/// Says how one server reaches another: given who dials whom, by number, and where that one listens for routes, it
/// answers the address to dial, such as that of a `Proxy`.
pub type Routes<'a> = dyn FnMut(usize, usize, SocketAddr) -> anyhow::Result<SocketAddr> + 'a;

/// A cluster on loopback ports. Dropping it ends all servers.
#[derive(Debug)]
pub struct NatsCluster {
    servers: Vec<Nats>,
}

impl NatsCluster {
    /// So many ready servers, each with a route to every other.
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub fn start(count: usize) -> anyhow::Result<Self> {
        Self::start_with(count, &NatsOptions::default(), &mut |_, _, address| Ok(address))
    }

    /// The same, with options and with routes that may lead through proxies. There is one route between two servers,
    /// dialled by the one with the higher number, and servers do not tell each other of shorter ways.
    ///
    /// # Errors
    /// As [`Nats::start`], and what `routes` says.
    pub fn start_with(count: usize, options: &NatsOptions, routes: &mut Routes<'_>) -> anyhow::Result<Self> {
        for _ in 0..PORT_TRIES {
            if let Some(cluster) = Self::attempt(count, options, routes)? {
                return Ok(cluster);
            }
        }
        bail!("no free ports were found")
    }

    /// What clients connect to, of all servers.
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(Nats::url).collect()
    }

    /// One server.
    ///
    /// # Panics
    /// There are not so many.
    pub fn server(&self, number: usize) -> &Nats {
        &self.servers[number]
    }

    /// SIGKILL to one server. Errors as in [`Nats::kill`].
    pub fn kill(&self, number: usize) -> anyhow::Result<()> {
        self.server(number).kill()
    }

    /// Starts one again on the same ports, and waits for its routes. Errors as in [`Nats::restart`].
    pub fn restart(&self, number: usize) -> anyhow::Result<()> {
        self.server(number).restart()?;
        self.wait_for_routes()
    }

    /// Until each server that runs has a route to every other that runs.
    ///
    /// # Errors
    /// That does not happen within half a minute.
    pub fn wait_for_routes(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let running: Vec<_> = self
            .servers
            .iter()
            .filter(|server| server.process_id().is_some())
            .collect();
        for server in &running {
            while routes_of(server)? + 1 < running.len() {
                ensure!(
                    began.elapsed() < PATIENCE,
                    "NATS has not found its cluster: {}",
                    server.log()
                );
                std::thread::sleep(POLL);
            }
        }
        Ok(())
    }

    /// None if someone took a port.
    fn attempt(count: usize, options: &NatsOptions, routes: &mut Routes<'_>) -> anyhow::Result<Option<Self>> {
        let mut servers = Vec::new();
        let mut doors: Vec<SocketAddr> = Vec::new();
        for dialler in 0..count {
            let mut server = Nats::prepare(options.clone())?;
            let door = free_address()?;
            for argument in ["--cluster_name", "test", "--cluster"] {
                server.add_argument(argument.to_owned());
            }
            server.add_argument(format!("nats://{door}"));
            // What servers tell each other of a third leads nowhere: only the given routes are used.
            server.add_argument("--cluster_advertise".to_owned());
            server.add_argument(NOWHERE.to_owned());
            if dialler > 0 {
                let ways = doors
                    .iter()
                    .enumerate()
                    .map(|(to, door)| routes(dialler, to, *door).map(|address| format!("nats://{address}")));
                let ways = ways.collect::<anyhow::Result<Vec<_>>>()?;
                server.add_argument("--routes".to_owned());
                server.add_argument(ways.join(","));
            }
            doors.push(door);
            if let Err(error) = server.run() {
                return if server.port_was_taken() {
                    Ok(None)
                } else {
                    Err(error)
                };
            }
            servers.push(server);
        }
        let cluster = Self { servers };
        cluster.wait_for_routes()?;
        Ok(Some(cluster))
    }
}

/// Servers that a server has a route to. Newer versions keep several routes to each.
fn routes_of(server: &Nats) -> anyhow::Result<usize> {
    let page = server.monitor("/routez")?;
    let routes = page["routes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let others: HashSet<_> = routes
        .iter()
        .filter_map(|route| route["remote_id"].as_str())
        .collect();
    Ok(others.len())
}
