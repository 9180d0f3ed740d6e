//! A space in memory, and people in it.

use klatch_channel::{Actor, Alone, ChannelError, Channels, HistoryPage, NewChannelRequest, Parts, Turn};
use klatch_engine::memory::SharedTables;
use klatch_engine::row::{SpaceRow, UserRow};
use klatch_fanout::{ConnectionId, Hub, Outbox, OutboxLimits, Taken};
use klatch_log::commit_feed;
use klatch_log::memory::MemoryLog;
use klatch_store::memory::MemoryDirectory;
use klatch_store::{Directory, WorkQueue};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, Clock, Entropy, ManualClock, Millis, Policy, SeededEntropy, Seq,
    SpaceId, UserId, UserKind, Visibility,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub(crate) struct World {
    pub(crate) channels: Arc<Channels>,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) work: Arc<dyn WorkQueue>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) space: SpaceId,
}

impl World {
    pub(crate) async fn new(policy: Policy) -> Self {
        let entropy = Arc::new(SeededEntropy::new(7));
        let clock = Arc::new(ManualClock::new(Millis(1_700_000_000_000)));
        let tables = SharedTables::default();
        let (feed, commits) = commit_feed();
        let log = Arc::new(MemoryLog::new(tables.clone(), feed, &*entropy));
        let tables = Arc::new(MemoryDirectory::new(tables));
        let directory: Arc<dyn Directory> = tables.clone();
        let hub = Arc::new(Hub::default());
        let channels = Arc::new(Channels::new(Parts {
            log: log.clone(),
            directory: Arc::clone(&directory),
            hub: Arc::clone(&hub),
            peers: Arc::new(Alone),
            clock: clock.clone(),
            entropy: entropy.clone(),
        }));
        let delivering = Arc::clone(&channels);
        tokio::spawn(async move { klatch_channel::delivery::deliver(&delivering, commits).await });
        let space = SpaceId::new(clock.now(), &*entropy);
        let row = SpaceRow {
            id: space,
            slug: "test".into(),
            name: "Test".into(),
            policy,
            origins: Vec::new(),
            created_at: clock.now(),
        };
        directory.space_add(row).await.unwrap();
        Self {
            channels,
            log,
            directory,
            work: tables,
            hub,
            clock,
            entropy,
            space,
        }
    }

    pub(crate) async fn user(&self, username: &str) -> Actor {
        let id = UserId::new(self.clock.now(), &*self.entropy);
        let row = UserRow {
            id,
            space: self.space,
            username: username.into(),
            name: username.to_uppercase(),
            kind: UserKind::Person,
            external: None,
            password_hash: None,
            created_at: self.clock.now(),
            disabled_at: None,
        };
        self.directory.user_add(row).await.unwrap();
        Actor {
            user: id,
            space: self.space,
            kind: UserKind::Person,
            admin: None,
        }
    }

    pub(crate) fn key(&self) -> ClientKey {
        ClientKey::new(self.clock.now(), &*self.entropy as &dyn Entropy)
    }

    pub(crate) async fn channel(
        &self,
        owner: &Actor,
        kind: ChannelKind,
        visibility: Visibility,
        members: &[&Actor],
    ) -> ChannelId {
        let request = NewChannelRequest {
            kind,
            name: Some("room".parse().unwrap()),
            topic: None,
            visibility,
            members: members.iter().map(|actor| actor.user).collect(),
            rules: Default::default(),
            key: None,
        };
        self.channels.create(owner, request).await.unwrap().0
    }

    pub(crate) async fn group(&self, owner: &Actor, members: &[&Actor]) -> ChannelId {
        self.channel(owner, ChannelKind::Group, Visibility::Private, members)
            .await
    }

    pub(crate) async fn send(
        &self,
        actor: &Actor,
        channel: ChannelId,
        text: &str,
    ) -> Result<Seq, ChannelError> {
        let sent = self
            .channels
            .send(actor, channel, self.key(), text.into(), None, Turn::alone())
            .await;
        sent.map(|receipt| receipt.seq)
    }

    pub(crate) async fn texts(&self, actor: &Actor, channel: ChannelId) -> Vec<String> {
        let page = self
            .channels
            .history(actor, channel, HistoryPage::After(Seq::ZERO), 100)
            .await
            .unwrap();
        page.messages.into_iter().map(|message| message.text).collect()
    }

    pub(crate) fn connect(&self, n: u64, actor: &Actor) -> Arc<Outbox> {
        let outbox = Arc::new(Outbox::new(ConnectionId(n), actor.user, OutboxLimits::default()));
        self.hub.connect(&outbox);
        outbox
    }
}

/// The types of the events that wait in an outbox, in order.
pub(crate) fn heard(outbox: &Outbox) -> Vec<String> {
    let mut into = VecDeque::new();
    let mut context = Context::from_waker(Waker::noop());
    match outbox.poll_take(&mut context, &mut 0, &mut 0, &mut into) {
        Poll::Ready(Taken::Frames) => {}
        _ => return Vec::new(),
    }
    let mut types = Vec::new();
    for frame in into {
        let json: serde_json::Value = serde_json::from_slice(&frame.payload()).unwrap();
        for event in json["events"].as_array().unwrap() {
            types.push(event["type"].as_str().unwrap().to_owned());
        }
    }
    types
}
