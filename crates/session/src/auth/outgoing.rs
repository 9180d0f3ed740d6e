//! Outgoing HTTP: one client that connects only to vetted public addresses, follows no redirect, and gives up after
//! 5 s or 1 MiB (contract, security defaults). Whoever may name an address here must not reach the inside of our
//! network with it (CWE-918).
//!
//! Names are resolved here and the connection goes to the very addresses that were vetted, so a name that changes its
//! mind between check and use gains nothing. Literal addresses never reach a resolver and are vetted in the URL.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const BODY_BYTES_MAX: usize = 1024 * 1024;
const URL_BYTES_MAX: usize = 2_048;

/// Why a request was not made, or came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// Not an `https` URL with a host and without credentials.
    #[error("the address must be an https URL with a host and without user name or password")]
    Url,
    /// The host is, or resolves only to, addresses that are not public.
    #[error("the address is not on the public internet")]
    NotPublic,
    /// The answer was not 200.
    #[error("the other side answered with status {0}")]
    Status(u16),
    /// The answer was too long.
    #[error("the answer is larger than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// Connecting or transferring failed, or took too long.
    #[error("the other side could not be reached")]
    Failed(#[source] reqwest::Error),
}

/// The client.
pub struct Outgoing {
    /// Made when first used: most servers never call out, and a machine without any certificate authorities can run
    /// as one of those.
    client: OnceLock<Client>,
    loopback: bool,
}

impl Outgoing {
    /// A client. With `loopback` it also speaks plain HTTP, and connects to this machine; for tests and development.
    pub fn new(loopback: bool) -> Self {
        Self {
            client: OnceLock::new(),
            loopback,
        }
    }

    /// Whether this address may be asked for at all; names are looked up only when it is. Errors: `Url`, `NotPublic`.
    pub fn check(&self, url: &str) -> Result<Url, OutgoingError> {
        let parsed = Some(url)
            .filter(|url| url.len() <= URL_BYTES_MAX)
            .and_then(|url| Url::parse(url).ok());
        let url = parsed.ok_or(OutgoingError::Url)?;
        let scheme = url.scheme() == "https" || (self.loopback && url.scheme() == "http");
        if !scheme || !url.username().is_empty() || url.password().is_some() {
            return Err(OutgoingError::Url);
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(OutgoingError::Url)?;
        // The URL parser has turned 127.1, 0x7f000001 and the like into plain form.
        let literal = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        if literal.is_ok_and(|address| !permitted(address, self.loopback)) {
            return Err(OutgoingError::NotPublic);
        }
        Ok(url)
    }

    /// Fetches a small document. Errors: every [`OutgoingError`].
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, OutgoingError> {
        let url = self.check(url)?;
        let response = self.client()?.get(url).send().await.map_err(failed)?;
        let status = response.status();
        if status.as_u16() != 200 {
            return Err(OutgoingError::Status(status.as_u16()));
        }
        read_bounded(response).await
    }

    fn client(&self) -> Result<&Client, OutgoingError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // The binary installs this too; whoever is first wins and both are the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .dns_resolver(Arc::new(Vetting {
                loopback: self.loopback,
            }))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .referer(false)
            .user_agent("klatch")
            .build()
            .map_err(OutgoingError::Failed)?;
        Ok(self.client.get_or_init(|| client))
    }
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, OutgoingError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(OutgoingError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failed(error: reqwest::Error) -> OutgoingError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if current.is::<NoPublicAddress>() {
            return OutgoingError::NotPublic;
        }
        cause = current.source();
    }
    // The URL may hold a secret of the operator's.
    OutgoingError::Failed(error.without_url())
}

/// Every address of the name was refused.
#[derive(Debug, thiserror::Error)]
#[error("the name has no public address")]
struct NoPublicAddress;

/// Resolves names to those of their addresses that may be connected to.
struct Vetting {
    loopback: bool,
}

impl Resolve for Vetting {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let vetted: Vec<SocketAddr> = found.filter(|found| permitted(found.ip(), loopback)).collect();
            if vetted.is_empty() {
                return Err(NoPublicAddress.into());
            }
            Ok(Box::new(vetted.into_iter()) as Addrs)
        })
    }
}

fn permitted(address: IpAddr, loopback: bool) -> bool {
    is_public(address) || (loopback && address.to_canonical().is_loopback())
}

/// Whether an address is on the public internet, by the special-purpose registries of RFC 6890. Addresses that carry
/// an IPv4 address inside are as good as that one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local() // 169.254.0.0/16, where clouds keep their metadata
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT, RFC 6598
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays, RFC 7526
        || (a == 198 && (b == 18 || b == 19)); // benchmarks, RFC 2544
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] => embedded(high, low), // IPv4-mapped
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low), // NAT64, RFC 6052
        [0x2002, high, low, ..] => embedded(high, low),            // 6to4
        [0x2001, second, ..] if second < 0x200 => false,           // Teredo, ORCHID and other assignments
        [0x2001, 0xdb8, ..] => false,                              // documentation, RFC 3849
        [0x3fff, second, ..] if second < 0x1000 => false,          // documentation, RFC 9637
        // Only 2000::/3 is given out; this leaves out loopback, unique local, link-local, multicast and the rest.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
