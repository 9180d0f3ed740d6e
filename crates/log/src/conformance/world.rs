//! A log under test, with what the cases need around it.

use crate::{
    Append, Change, ChannelLog, CommitReceiver, EventRow, Expect, LogError, NewChannel, Receipt, digest,
};
use async_trait::async_trait;
use klatch_engine::row::{BanRow, ChannelRow, InviteRow, MemberRow, WorkRow};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, InviteId, Millis, Role, SeededEntropy, Seq, SpaceId, UserId,
    Visibility,
};
use parking_lot::Mutex;
use std::sync::Arc;

/// Event kind of a message in the cases.
pub(super) const MESSAGE: u8 = 1;
/// Event kind of an edit.
pub(super) const EDIT: u8 = 2;
/// Event kind of everything else.
pub(super) const OTHER: u8 = 9;

/// The projected rows beside a log, which its trait does not show.
#[async_trait]
pub trait Rows: Send + Sync + 'static {
    /// Adds a space with this id, unless it is there.
    async fn add_space(&self, space: SpaceId);
    /// Adds an invitation.
    async fn add_invite(&self, invite: InviteRow);
    /// How often an invitation was used.
    async fn invite_uses(&self, invite: InviteId) -> u32;
    /// A channel.
    async fn channel(&self, channel: ChannelId) -> ChannelRow;
    /// A member.
    async fn member(&self, channel: ChannelId, user: UserId) -> Option<MemberRow>;
    /// The bans of a channel.
    async fn bans(&self, channel: ChannelId) -> Vec<BanRow>;
    /// The late work of a channel, in the order of its names.
    async fn work(&self, channel: ChannelId) -> Vec<WorkRow>;
}

/// A new, empty log under test.
pub struct Subject {
    /// The log.
    pub log: Arc<dyn ChannelLog>,
    /// The rows beside it.
    pub rows: Arc<dyn Rows>,
    /// The other end of its feed.
    pub feed: CommitReceiver,
    /// What must live as long (a folder, say).
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

/// A subject with one space, and someone who answers what is committed.
pub struct World {
    pub(crate) log: Arc<dyn ChannelLog>,
    pub(crate) rows: Arc<dyn Rows>,
    pub(crate) space: SpaceId,
    /// What went through the feed, in order.
    pub(crate) fed: Arc<Mutex<Vec<EventRow>>>,
    entropy: SeededEntropy,
    _keep: Box<dyn std::any::Any + Send + Sync>,
}

impl World {
    /// A world around a subject.
    pub async fn new(subject: Subject) -> Self {
        let Subject {
            log,
            rows,
            mut feed,
            keep,
        } = subject;
        let fed = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&fed);
        tokio::spawn(async move {
            while let Some(batch) = feed.recv().await {
                for committed in batch {
                    record.lock().push(committed.event);
                    committed.done.send(Ok(committed.receipt)).ok();
                }
            }
        });
        let entropy = SeededEntropy::new(7);
        let space = SpaceId::new(Millis(0), &entropy);
        rows.add_space(space).await;
        Self {
            log,
            rows,
            space,
            fed,
            entropy,
            _keep: keep,
        }
    }

    pub(crate) fn user(&self) -> UserId {
        UserId::new(Millis(1), &self.entropy)
    }

    pub(crate) fn key(&self) -> ClientKey {
        ClientKey::new(Millis(2), &self.entropy)
    }

    pub(crate) fn channel_id(&self) -> ChannelId {
        ChannelId::new(Millis(3), &self.entropy)
    }

    pub(crate) fn invite_id(&self) -> InviteId {
        InviteId::new(Millis(4), &self.entropy)
    }

    /// An append of anything, without a key.
    pub(crate) fn other(&self, channel: ChannelId, actor: UserId, changes: Vec<Change>) -> Append {
        Append {
            channel,
            actor,
            key: None,
            at: Millis(1_000),
            kind: OTHER,
            message: false,
            target: None,
            payload: b"{}".to_vec(),
            digest: digest(OTHER, None, b"{}"),
            expect: Expect::Exists,
            changes,
            work: Vec::new(),
        }
    }

    /// A message with a key of its own.
    pub(crate) fn message(&self, channel: ChannelId, actor: UserId, text: &str) -> Append {
        let message = self.other(channel, actor, Vec::new());
        let payload = text.as_bytes().to_vec();
        let digest = digest(MESSAGE, None, &payload);
        Append {
            kind: MESSAGE,
            message: true,
            key: Some(self.key()),
            payload,
            digest,
            ..message
        }
    }

    /// An edit of `target`.
    pub(crate) fn edit(&self, channel: ChannelId, actor: UserId, target: Seq, text: &str) -> Append {
        let digest = digest(EDIT, Some(target), text.as_bytes());
        Append {
            kind: EDIT,
            message: false,
            target: Some(target),
            digest,
            ..self.message(channel, actor, text)
        }
    }

    /// The append that makes a channel with these members.
    pub(crate) fn creation(
        &self,
        channel: ChannelId,
        members: &[UserId],
        pair: Option<(UserId, UserId)>,
    ) -> Append {
        let new = NewChannel {
            space: self.space,
            kind: if pair.is_some() {
                ChannelKind::Direct
            } else {
                ChannelKind::Group
            },
            visibility: Visibility::Private,
            name: Some("Room".into()),
            topic: None,
            pair,
        };
        let joins = members.iter().map(|user| put(*user));
        let changes = std::iter::once(Change::Create(new)).chain(joins).collect();
        let actor = members.first().copied().unwrap_or_else(|| self.user());
        Append {
            expect: Expect::New,
            key: Some(self.key()),
            ..self.other(channel, actor, changes)
        }
    }

    /// A channel with these members, made at position 1.
    pub(crate) async fn channel(&self, members: &[UserId]) -> ChannelId {
        let channel = self.channel_id();
        self.append(self.creation(channel, members, None)).await;
        channel
    }

    pub(crate) async fn try_append(&self, append: Append) -> Result<Receipt, LogError> {
        self.log.append_wait(append).await
    }

    pub(crate) async fn append(&self, append: Append) -> Receipt {
        self.try_append(append).await.expect("the append is good")
    }

    pub(crate) async fn member(&self, channel: ChannelId, user: UserId) -> MemberRow {
        self.rows.member(channel, user).await.expect("a member")
    }

    /// The whole log of a channel.
    pub(crate) async fn all(&self, channel: ChannelId) -> Vec<EventRow> {
        let mut events = Vec::new();
        loop {
            let after = events.last().map_or(Seq::ZERO, |event: &EventRow| event.seq);
            let page = crate::ReadPage {
                after,
                before: None,
                order: crate::Order::Ascending,
                messages_only: false,
                limit: klatch_types::limits::PAGE_MAX,
            };
            let page = self.log.read(channel, page).await.expect("readable");
            if page.is_empty() {
                return events;
            }
            events.extend(page);
        }
    }
}

/// An ordinary member who sees what was before.
pub(crate) fn put(user: UserId) -> Change {
    Change::MemberPut {
        user,
        role: Role::Member,
        sees_history: true,
        invite: None,
    }
}
