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
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(free_addresses::<1>()?[0])
}

/// `N` different loopback addresses nobody listens on just now.
///
/// # Errors
/// As [`free_address`].
pub fn free_addresses<const N: usize>() -> anyhow::Result<[SocketAddr; N]> {
    let mut held = Vec::with_capacity(N);
    for _ in 0..LOOKS {
        let mut random = [0u8; 2];
        SystemEntropy.fill(&mut random);
        let offset = u16::from_le_bytes(random) % (PORTS.end - PORTS.start);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS.start + offset));
        // Held until all are found, so that none is found twice.
        held.extend(TcpListener::bind(address).map(|listener| (listener, address)));
        if let Some(found) = held.first_chunk::<N>() {
            return Ok(found.each_ref().map(|(_, address)| *address));
        }
    }
    bail!("no free port was found between {} and {}", PORTS.start, PORTS.end)
}
