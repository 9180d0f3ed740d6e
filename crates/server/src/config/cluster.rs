//! `[cluster]`: the other servers over the same database, and how they hear each other.

use super::section::section;
use super::{Problem, problem};
use std::path::PathBuf;

/// How the server that a client should use is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// The one with the most room left.
    LeastLoaded,
    /// One in the client's region, if there is one.
    Region,
    /// The one the user had before, until it is overloaded.
    Sticky,
    /// By the last digits of the user's number.
    Digits,
}

section! {
    /// Many servers over one PostgreSQL: what they tell each other goes through NATS.
    pub struct Cluster = "cluster" {
        /// Servers of NATS, such as "nats://10.0.0.1:4222" or "tls://nats.example.org:4222". Empty: there is no bus, and
        /// servers that share a database ask it for each other's events every second.
        pub nats: Vec<String> = Vec::new(),
        /// Name of this cluster, where several share one NATS.
        pub name: String = "klatch".to_owned(),
        /// Credentials file of NATS (a `.creds` with user JWT and seed).
        pub credentials_file: Option<PathBuf> = None,
        /// User of NATS; its password is in `password_file`.
        pub user: Option<String> = None,
        /// File with the password of `user`.
        pub password_file: Option<PathBuf> = None,
        /// File with a token for NATS.
        pub token_file: Option<PathBuf> = None,
        /// PEM file of the authorities that the certificate of NATS may come from; the system's if left out.
        pub ca_file: Option<PathBuf> = None,
        /// Address at which clients reach this very server; server.public_url or the public listener's if left out.
        /// Example: "https://chat-3.example.org"
        pub advertise: Option<String> = None,
        /// Where this server stands, in a word that clients may ask for.
        pub region: String = "default".to_owned(),
        /// Connections that this server takes before clients are sent elsewhere.
        pub capacity: u32 = 10_000,
        /// How clients are placed: "least_loaded", "region", "sticky" or "digits".
        pub placement: Placement = Placement::LeastLoaded,
        /// Newest version of the bus that this server speaks; lower it while servers of an older release run beside it.
        pub bus_protocol_max: u32 = BUS_PROTOCOL_NEWEST,
    }
}

/// Newest version of what servers tell each other.
const BUS_PROTOCOL_NEWEST: u32 = 2;
/// Longest name of a cluster or region.
const NAME_CHARS_MAX: usize = 32;
/// Servers of NATS that may be named; a cluster tells about the rest of itself.
const NATS_SERVERS_MAX: usize = 32;
/// Most connections that a server may say it takes.
const CAPACITY_MAX: u32 = 10_000_000;

impl Cluster {
    /// Whether there is a bus.
    pub fn has_bus(&self) -> bool {
        !self.nats.is_empty()
    }

    /// Refuses values that cannot work.
    pub fn check(&self) -> Result<(), Problem> {
        if self.nats.len() > NATS_SERVERS_MAX {
            return problem(
                "cluster.nats",
                format!("must name at most {NATS_SERVERS_MAX} servers"),
            );
        }
        for server in &self.nats {
            check_server(server)?;
        }
        for (key, text) in [("cluster.name", &self.name), ("cluster.region", &self.region)] {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !(1..=NAME_CHARS_MAX).contains(&text.len()) || !text.chars().all(plain) {
                return problem(
                    key,
                    format!("must be 1 to {NAME_CHARS_MAX} of the characters a-z, 0-9 and -"),
                );
            }
        }
        self.check_credentials()?;
        if let Some(url) = &self.advertise
            && !super::is_origin(url)
        {
            return problem(
                "cluster.advertise",
                "must be like https://chat-3.example.org, with no path and no slash at the end",
            );
        }
        if !(1..=CAPACITY_MAX).contains(&self.capacity) {
            return problem("cluster.capacity", format!("must be from 1 to {CAPACITY_MAX}"));
        }
        if !(1..=BUS_PROTOCOL_NEWEST).contains(&self.bus_protocol_max) {
            return problem(
                "cluster.bus_protocol_max",
                format!("must be from 1 to {BUS_PROTOCOL_NEWEST}"),
            );
        }
        Ok(())
    }

    /// At most one way to be known to NATS, and each of them whole.
    fn check_credentials(&self) -> Result<(), Problem> {
        let ways = [
            ("cluster.credentials_file", self.credentials_file.is_some()),
            ("cluster.user", self.user.is_some()),
            ("cluster.token_file", self.token_file.is_some()),
        ];
        let mut given = ways.into_iter().filter(|(_, given)| *given).map(|(key, _)| key);
        if let (Some(first), Some(second)) = (given.next(), given.next()) {
            return problem(second, format!("cannot be used together with {first}; keep one"));
        }
        match (&self.user, &self.password_file) {
            (Some(_), None) => problem(
                "cluster.password_file",
                "is missing; name the file with the password of cluster.user",
            ),
            (None, Some(_)) => problem("cluster.user", "is missing; say whose cluster.password_file is"),
            _ => Ok(()),
        }
    }
}

fn check_server(server: &str) -> Result<(), Problem> {
    let place = ["nats://", "tls://"]
        .iter()
        .find_map(|scheme| server.strip_prefix(scheme));
    let Some(place) = place else {
        return problem(
            "cluster.nats",
            "must hold addresses that begin with nats:// or tls://, such as nats://10.0.0.1:4222",
        );
    };
    if place.contains('@') {
        return problem(
            "cluster.nats",
            "holds an address with a user in it; use cluster.user with cluster.password_file, or \
             cluster.credentials_file",
        );
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    if place.is_empty() || !place.chars().all(plain) {
        return problem(
            "cluster.nats",
            "must hold addresses like nats://10.0.0.1:4222, with no path",
        );
    }
    Ok(())
}
