//! Nodes over tables and a network in memory.

use crate::late::Late;
use klatch_channel::tail::{TailOptions, Tails};
use klatch_channel::{Actor, Channels, NewChannelRequest, Parts};
use klatch_engine::memory::SharedTables;
use klatch_engine::row::{SpaceRow, UserRow};
use klatch_fanout::{Bus, Hub, MemoryNet};
use klatch_log::commit_feed;
use klatch_log::memory::MemoryLog;
use klatch_session::rate::{RateConfig, Rates};
use klatch_session::{ConnectionLimits, Principal, Sessions};
use klatch_store::Directory;
use klatch_store::memory::MemoryDirectory;
use klatch_types::{
    ChannelId, ChannelKind, Clock, Entropy, Millis, NodeId, Policy, Profile, SeededEntropy, SpaceId,
    SystemClock, UserId, UserKind, Visibility,
};
use std::sync::Arc;

/// One node.
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) channels: Arc<Channels>,
    pub(crate) sessions: Arc<Sessions>,
}

/// Nodes that share a log.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    pub(crate) net: MemoryNet,
    pub(crate) directory: Arc<dyn Directory>,
    tables: SharedTables,
    space: SpaceId,
    entropy: Arc<SeededEntropy>,
}

impl Cluster {
    pub(crate) async fn new(nodes: usize, options: TailOptions) -> Self {
        Self::of(vec![options; nodes]).await
    }

    /// A node for each of these.
    pub(crate) async fn of(options: Vec<TailOptions>) -> Self {
        let entropy = Arc::new(SeededEntropy::new(5));
        let tables = SharedTables::default();
        let directory = Arc::new(MemoryDirectory::new(tables.clone()));
        let space = SpaceId::new(Millis(1), &*entropy);
        let row = SpaceRow {
            id: space,
            slug: "test".into(),
            name: "Test".into(),
            policy: Policy::of(Profile::App),
            origins: Vec::new(),
            created_at: Millis(1),
        };
        directory.space_add(row).await.unwrap();
        let mut cluster = Self {
            nodes: Vec::new(),
            net: MemoryNet::new(),
            directory,
            tables,
            space,
            entropy,
        };
        for options in options {
            cluster.add_node(options);
        }
        cluster
    }

    fn add_node(&mut self, options: TailOptions) {
        let id = NodeId::new(Millis(1), &*self.entropy);
        let (bus, inbox) = self.net.join(id);
        let bus: Arc<dyn Bus> = Arc::new(bus);
        let tails = Tails::new(Arc::clone(&bus));
        let (feed, commits) = commit_feed();
        let channels = Arc::new(Channels::new(Parts {
            log: Arc::new(Late {
                inner: MemoryLog::new(self.tables.clone(), feed, &*self.entropy),
            }),
            directory: Arc::clone(&self.directory),
            hub: Arc::new(Hub::watched(tails.watch())),
            peers: Arc::clone(&tails) as Arc<dyn klatch_channel::Peers>,
            clock: Arc::new(SystemClock),
            entropy: Arc::clone(&self.entropy) as Arc<dyn Entropy>,
        }));
        let following = Arc::clone(&channels);
        tokio::spawn(async move { tails.follow(following, commits, inbox, options).await });
        let sessions = Sessions::new(
            Arc::clone(&channels),
            Arc::clone(&self.directory),
            Arc::new(Rates::new(&RateConfig {
                sends_per_second: 0,
                ..RateConfig::default()
            })),
            ConnectionLimits {
                per_user: 0,
                ..ConnectionLimits::default()
            },
        );
        self.nodes.push(Node {
            id,
            channels,
            sessions: Arc::new(sessions),
        });
    }

    /// A new user.
    pub(crate) async fn user(&self, username: &str) -> Principal {
        let user = UserRow {
            id: UserId::new(Millis(1), &*self.entropy),
            space: self.space,
            username: username.into(),
            name: username.into(),
            kind: UserKind::Person,
            external: None,
            password_hash: None,
            created_at: Millis(1),
            disabled_at: None,
        };
        let principal = Principal {
            user: user.id,
            space: user.space,
            username: username.into(),
            name: username.into(),
            kind: user.kind,
            admin: None,
            device: None,
            expires_at: SystemClock.now().plus(std::time::Duration::from_secs(3_600)),
            channels: Vec::new(),
        };
        self.directory.user_add(user).await.unwrap();
        principal
    }

    /// An open group made on the first node; the first of the members owns it.
    pub(crate) async fn group(&self, members: &[&Principal]) -> ChannelId {
        let request = NewChannelRequest {
            kind: ChannelKind::Group,
            name: Some("Room".parse().unwrap()),
            topic: None,
            visibility: Visibility::Open,
            members: members[1..].iter().map(|member| member.user).collect(),
            rules: Default::default(),
            key: None,
        };
        let made = self.nodes[0].channels.create(&actor(members[0]), request).await;
        made.unwrap().0
    }
}

/// Whom a principal stands for.
pub(crate) fn actor(who: &Principal) -> Actor {
    Actor {
        user: who.user,
        space: who.space,
        kind: who.kind,
        admin: who.admin,
    }
}
