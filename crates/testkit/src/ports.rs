//! Ports for servers that tests start.

use anyhow::bail;
use klatch_types::{Entropy, SystemEntropy};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Below those that the kernel gives to outgoing connections, which could take a server's port while it is down.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// Random ports that are looked at before giving up.
const LOOKS: usize = 200;

/// Times that a server is started on other ports because someone else took the ones it was given.
pub(crate) const PORT_TRIES: usize = 20;

/// A loopback address nobody listens on just now.
///
/// # Errors
/// All that were looked at are taken.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    for _ in 0..LOOKS {
        let mut random = [0u8; 2];
        SystemEntropy.fill(&mut random);
        let offset = u16::from_le_bytes(random) % (PORTS.end - PORTS.start);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS.start + offset));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no free port was found between {} and {}", PORTS.start, PORTS.end)
}
