//! Where this node stands: alone, or one of several over one PostgreSQL. Decided here and nowhere else.

use crate::config::{self, Config, Placement, StorageKind};
use klatch_channel::tail::{PROTOCOL_MAX, PROTOCOL_MIN, Rules, TailOptions, Tails};
use klatch_channel::{Alone, Channels, Peers, delivery};
use klatch_cluster::{
    Cluster, Connection, Connections, NoConnections, NodeCard, Parts, SinceStart, Strategy, VersionRange,
};
use klatch_fanout::{Bus, Hub, Inbox, NatsBus, NatsCredentials, NatsOptions, NoBus, PullRules};
use klatch_log::CommitReceiver;
use klatch_transport::websocket::Registry;
use klatch_types::{Clock, NodeId, SystemClock, SystemEntropy, UserId};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What a node's channels need to know of other nodes, and how what is committed gets delivered.
pub struct Surroundings {
    pub(super) hub: Arc<Hub>,
    pub(super) peers: Arc<dyn Peers>,
    pub(super) cluster: Arc<Cluster>,
    pub(super) bus: Option<Arc<dyn Bus>>,
    pub(super) following: Following,
}

/// How commits come to listeners.
pub(super) enum Following {
    /// All commits are this node's own.
    Own,
    /// Every node commits, and all follow the log.
    Tails {
        tails: Arc<Tails>,
        inbox: Inbox,
        options: Box<TailOptions>,
    },
}

impl Surroundings {
    /// A process that serves nobody: a command of the command line. The nodes that run beside it hear what it commits, and
    /// do not take it for one of them.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub async fn of_command(config: &Config) -> anyhow::Result<Self> {
        let card = card(&Config::default(), None);
        if config.storage.kind != StorageKind::Postgres || !config.cluster.has_bus() {
            return Ok(Self::alone(config, card, Arc::new(NoConnections)));
        }
        let mut surroundings = Self::among_others(config, card, Arc::new(NoConnections)).await?;
        if let Following::Tails { options, .. } = &mut surroundings.following {
            // It does not hear what the others are, so it speaks as the oldest of them might.
            **options = TailOptions {
                protocol: Arc::new(|| PROTOCOL_MIN),
                ..TailOptions::default()
            };
        }
        Ok(surroundings)
    }

    /// The surroundings of a server, as the configuration says. `public` is where its public listener is, `sockets` are
    /// those that come to it.
    ///
    /// # Errors
    /// If the bus cannot be what the configuration says. That NATS does not answer is no error: it may come later.
    pub async fn of(config: &Config, public: SocketAddr, sockets: Arc<Registry>) -> anyhow::Result<Self> {
        let connections = Arc::new(Sockets(sockets));
        match config.storage.kind {
            StorageKind::Sqlite | StorageKind::Memory => {
                Ok(Self::alone(config, card(config, None), connections))
            }
            StorageKind::Postgres => {
                Self::among_others(config, card(config, Some(public)), connections).await
            }
        }
    }

    /// The same with rules of delivery that may be broken: for the tests that prove the history checker, and nothing else.
    #[must_use]
    pub fn with_rules(mut self, broken: Rules) -> Self {
        if let Following::Tails { options, .. } = &mut self.following {
            options.rules = broken;
        }
        self
    }

    fn alone(config: &Config, card: NodeCard, connections: Arc<dyn Connections>) -> Self {
        Self {
            hub: Arc::new(Hub::default().pulled_by(pull_rules(&config.fanout))),
            peers: Arc::new(Alone),
            cluster: Arc::new(Cluster::new(Parts::alone(card, connections))),
            bus: None,
            following: Following::Own,
        }
    }

    async fn among_others(
        config: &Config,
        card: NodeCard,
        connections: Arc<dyn Connections>,
    ) -> anyhow::Result<Self> {
        let (bus, inbox): (Arc<dyn Bus>, Inbox) = if config.cluster.has_bus() {
            let (bus, inbox) = NatsBus::start(nats_options(&config.cluster, card.id)).await?;
            (Arc::new(bus), inbox)
        } else {
            // Its other end is dropped: nothing ever comes.
            (Arc::new(NoBus), mpsc::channel(1).1)
        };
        let tails = Tails::new(Arc::clone(&bus));
        let cluster = Arc::new(Cluster::new(Parts {
            card,
            strategy: strategy(config.cluster.placement),
            bus: Arc::clone(&bus),
            connections,
            clock: Arc::new(SinceStart::default()),
            time: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }));
        let options = Box::new(tail_options(&cluster));
        Ok(Self {
            hub: Arc::new(Hub::watched(tails.watch()).pulled_by(pull_rules(&config.fanout))),
            peers: Arc::clone(&tails) as Arc<dyn Peers>,
            cluster,
            bus: config.cluster.has_bus().then_some(bus),
            following: Following::Tails {
                tails,
                inbox,
                options,
            },
        })
    }
}

impl Following {
    /// Delivers what is committed, until the log is closed.
    pub(super) fn run(self, channels: Arc<Channels>, commits: CommitReceiver) -> JoinHandle<()> {
        match self {
            Self::Own => tokio::spawn(async move { delivery::deliver(&channels, commits).await }),
            Self::Tails {
                tails,
                inbox,
                options,
            } => tokio::spawn(async move { tails.follow(channels, commits, inbox, *options).await }),
        }
    }
}

fn tail_options(cluster: &Arc<Cluster>) -> TailOptions {
    let (speaking, hearing) = (Arc::clone(cluster), Arc::clone(cluster));
    TailOptions {
        protocol: Arc::new(move || {
            let common = speaking
                .protocol_in_common()
                .and_then(|version| u8::try_from(version).ok());
            // Nodes with no version in common cannot understand each other: they ask the log.
            common.unwrap_or(PROTOCOL_MIN).clamp(PROTOCOL_MIN, PROTOCOL_MAX)
        }),
        elsewhere: Arc::new(move |incoming| hearing.take(incoming)),
        ..TailOptions::default()
    }
}

/// This node as others know it. Without an address of its own it is where clients came to; `public` is one if it can be.
fn card(config: &Config, public: Option<SocketAddr>) -> NodeCard {
    let named = config
        .cluster
        .advertise
        .clone()
        .or_else(|| config.server.public_url.clone());
    let listener = public.filter(|address| !address.ip().is_unspecified());
    let url = named.or_else(|| listener.map(|address| format!("http://{address}")));
    NodeCard {
        id: NodeId::new(SystemClock.now(), &SystemEntropy),
        url: url.unwrap_or_default(),
        region: config.cluster.region.clone(),
        capacity: config.cluster.capacity,
        connections: 0,
        load: 0.0,
        protocol: Some(VersionRange {
            min: u32::from(PROTOCOL_MIN),
            max: config.cluster.bus_protocol_max.min(u32::from(PROTOCOL_MAX)),
        }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: SystemClock.now(),
        draining: false,
        overloaded: false,
        split_digits: Vec::new(),
    }
}

/// When channels are pulled.
fn pull_rules(config: &config::Fanout) -> PullRules {
    PullRules {
        listeners: config.pull_listeners,
        events_per_second: f64::from(config.pull_events_per_second),
        hint_every: Duration::from_millis(config.hint_every_ms),
        hint_every_max: Duration::from_millis(config.hint_every_ms_max),
        pulls_per_second: config.pulls_per_second,
        leave_after: Duration::from_millis(config.pull_left_after_ms),
    }
}

fn strategy(placement: Placement) -> Strategy {
    match placement {
        Placement::LeastLoaded => Strategy::LeastLoaded,
        Placement::Region => Strategy::Region,
        Placement::Sticky => Strategy::Sticky,
        Placement::Digits => Strategy::Digits,
    }
}

fn nats_options(config: &config::Cluster, node: NodeId) -> NatsOptions {
    let user = config.user.clone().zip(config.password_file.clone());
    let password = user.map(|(user, password_file)| NatsCredentials::UserPassword { user, password_file });
    let token = || {
        config
            .token_file
            .clone()
            .map(|file| NatsCredentials::Token { file })
    };
    let creds = || {
        config
            .credentials_file
            .clone()
            .map(|file| NatsCredentials::Creds { file })
    };
    NatsOptions {
        servers: config.nats.clone(),
        name: config.name.clone(),
        node,
        credentials: password.or_else(token).or_else(creds),
        ca_file: config.ca_file.clone(),
        tls_required: config.nats.iter().all(|server| server.starts_with("tls://")),
    }
}

/// The sockets of this node, as the cluster asks after them.
struct Sockets(Arc<Registry>);

impl Connections for Sockets {
    fn of_user(&self, user: UserId) -> Vec<Connection> {
        let of = |socket: &klatch_transport::websocket::SocketInfo| Connection {
            device: socket.device,
            connected_at: socket.connected_at,
            active_at: socket.heard_at,
        };
        self.0.of_user(user).iter().map(of).collect()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    fn move_away(&self, clients: u32, spread: Duration) {
        self.0.drain_some(clients as usize, spread, &SystemEntropy);
    }

    fn drain(&self, spread: Duration) {
        self.0.drain(spread, &SystemEntropy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_pulled_by_the_defaults_of_the_hub() {
        assert_eq!(pull_rules(&config::Fanout::default()), PullRules::default());
    }
}
