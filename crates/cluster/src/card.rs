//! What a node tells of itself.

use klatch_types::{Millis, NodeId, limits};
use serde::{Deserialize, Serialize};

/// Versions of what nodes say to each other that a node understands, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRange {
    /// The oldest.
    pub min: u32,
    /// The newest.
    pub max: u32,
}

/// A node as the others know it. Fields are only ever added, with a default, so that nodes of two releases understand
/// each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeCard {
    /// Id: a new one for each start of the process.
    pub id: NodeId,
    /// Base address that clients use, such as `https://chat-3.example.org`. Empty: the one at which they came.
    pub url: String,
    /// Where the node stands, in a word that clients may ask for.
    pub region: String,
    /// Connections it takes.
    pub capacity: u32,
    /// Connections it has.
    pub connections: u32,
    /// How busy the machine is, 0.0 to 1.0.
    pub load: f64,
    /// Versions of the bus that it understands; none for a server that is registered from outside and hears no bus.
    #[serde(default)]
    pub protocol: Option<VersionRange>,
    /// Version of the program.
    pub version: String,
    /// When the process started, by the node's own clock. For people: nothing is decided by it.
    pub started_at: Millis,
    /// Whether its clients are sent away and no others shall come.
    #[serde(default)]
    pub draining: bool,
    /// Whether it is too full, as it says itself: from [`crate::OVERLOADED`] up until it is back under
    /// [`crate::RECOVERED`].
    #[serde(default)]
    pub overloaded: bool,
    /// Last digits that it shares with another node, because it has too many users with them (S0.13).
    #[serde(default)]
    pub split_digits: Vec<u8>,
}

impl NodeCard {
    /// How full it is: 0.0 empty, 1.0 full, by connections or load, whichever is worse.
    pub fn fill(&self) -> f64 {
        let taken = f64::from(self.connections) / f64::from(self.capacity.max(1));
        if self.load.is_finite() {
            taken.max(self.load)
        } else {
            taken
        }
    }

    /// Whether new clients may be sent there.
    pub fn is_open(&self) -> bool {
        !self.draining && !self.overloaded && self.fill() < crate::OVERLOADED
    }

    /// Whether the server was registered from outside.
    pub fn is_external(&self) -> bool {
        self.protocol.is_none()
    }

    /// Whether everything in it is within bounds; what came from elsewhere and is not is forgotten.
    pub(crate) fn is_valid(&self) -> bool {
        let numbers = (1..=limits::NODE_CAPACITY_MAX).contains(&self.capacity)
            && self.connections <= limits::NODE_CAPACITY_MAX
            && (0.0..=1.0).contains(&self.load);
        let texts = (self.url.is_empty() || is_address(&self.url))
            && is_region(&self.region)
            && self.version.len() <= limits::NODE_TEXT_BYTES_MAX
            && !self.version.chars().any(char::is_control);
        let versions = self.protocol.is_none_or(|range| range.min <= range.max);
        let digits = self.split_digits.len() <= 10 && self.split_digits.iter().all(|digit| *digit < 10);
        numbers && texts && versions && digits
    }
}

/// Whether a text is a word for a region: 1 to 32 of `a-z`, `0-9` and `-`.
pub fn is_region(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=limits::REGION_CHARS_MAX).contains(&text.len()) && text.bytes().all(plain)
}

/// Whether a text is a base address: `http://` or `https://`, a host and maybe a port, and nothing behind them.
pub fn is_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let Some(authority) = rest.filter(|_| text.len() <= limits::NODE_TEXT_BYTES_MAX) else {
        return false;
    };
    let (host, port) = match authority
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
    {
        Some((address, "")) => (address, None),
        Some((address, port)) => (address, port.strip_prefix(':').or(Some(""))),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let host_is_fine = if authority.starts_with('[') {
        host.parse::<std::net::Ipv6Addr>().is_ok()
    } else {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        !host.is_empty() && host.bytes().all(plain)
    };
    host_is_fine && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use uuid::Uuid;

    /// A node of capacity 1000.
    pub(crate) fn card(number: u128, connections: u32) -> NodeCard {
        NodeCard {
            id: NodeId(Uuid::from_u128(number)),
            url: format!("https://chat-{number}.example.org"),
            region: "default".to_owned(),
            capacity: 1_000,
            connections,
            load: 0.0,
            protocol: Some(VersionRange { min: 1, max: 2 }),
            version: "0.1.0".to_owned(),
            started_at: Millis(1_800_000_000_000),
            draining: false,
            overloaded: false,
            split_digits: Vec::new(),
        }
    }

    #[test]
    fn addresses_have_a_host_and_nothing_behind_it() {
        for fine in [
            "https://chat.example.org",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "https://[2001:db8::1]",
        ] {
            assert!(is_address(fine), "{fine}");
        }
        for wrong in [
            "",
            "chat.example.org",
            "ftp://chat.example.org",
            "https://",
            "https://chat.example.org/",
            "https://a@b",
            "https://chat.example.org:0",
            "https://chat.example.org:70000",
            "https://[::1]x",
            "https://[chat]",
            "https://a b",
            "https://chat.example.org?x",
        ] {
            assert!(!is_address(wrong), "{wrong}");
        }
        assert!(!is_address(&format!("https://{}", "a".repeat(300))));
    }

    #[test]
    fn a_card_out_of_bounds_is_not_valid() {
        assert!(card(1, 5).is_valid());
        let wrong: [fn(&mut NodeCard); 7] = [
            |card| card.capacity = 0,
            |card| card.load = f64::NAN,
            |card| card.load = 1.5,
            |card| card.url = "javascript:alert(1)".to_owned(),
            |card| card.region = "Über".to_owned(),
            |card| card.split_digits = vec![10],
            |card| card.protocol = Some(VersionRange { min: 3, max: 2 }),
        ];
        for (index, spoil) in wrong.into_iter().enumerate() {
            let mut card = card(1, 5);
            spoil(&mut card);
            assert!(!card.is_valid(), "{index}");
        }
    }

    #[test]
    fn the_worse_of_connections_and_load_counts() {
        let mut card = card(1, 500);
        assert!((card.fill() - 0.5).abs() < 1e-9);
        card.load = 0.95;
        assert!((card.fill() - 0.95).abs() < 1e-9);
        assert!(!card.is_open());
    }
}
