//! What is appended.

use klatch_engine::row::{BanRow, EventRow};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, InviteId, Millis, Ordinal, Role, Rules, Seq, SpaceId, UserId,
    Visibility,
};

/// Properties of a channel that an append makes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewChannel {
    /// The space.
    pub space: SpaceId,
    /// What it is for.
    pub kind: ChannelKind,
    /// Who can find it.
    pub visibility: Visibility,
    /// Name; none for `direct`.
    pub name: Option<String>,
    /// What it is about.
    pub topic: Option<String>,
    /// The two users of a `direct` channel, smaller id first.
    pub pair: Option<(UserId, UserId)>,
}

/// What the appender relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing but that the channel exists.
    Exists,
    /// Permission was checked against the channel as of this access position; if the channel's `access_seq` is
    /// higher now, the append is refused as [`crate::LogError::Stale`] (contract, delivery 9).
    AccessAt(Seq),
    /// The channel does not exist; the append makes it and must carry [`Change::Create`].
    New,
}

/// A change of projected rows, in the event's own transaction. Those marked *access* set the channel's
/// `access_seq` to the event's position.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Makes the channel row. *Access.*
    Create(NewChannel),
    /// Changes what is `Some`; an empty topic removes it. *Access.*
    Update {
        /// New name.
        name: Option<String>,
        /// New topic.
        topic: Option<String>,
        /// New visibility.
        visibility: Option<Visibility>,
    },
    /// Gives the channel these rules in place of those it had. *Access.*
    Rules(Rules),
    /// Closes the channel. *Access.*
    Archive,
    /// Adds a member (counted), whose read cursor starts at this event. *Access.*
    MemberPut {
        /// Who.
        user: UserId,
        /// As what.
        role: Role,
        /// Whether the history before this event is theirs to see.
        sees_history: bool,
        /// Counts one use of this invitation.
        invite: Option<InviteId>,
    },
    /// Removes a member if there is one (counted). *Access.*
    MemberRemove {
        /// Who.
        user: UserId,
    },
    /// Gives a member a role. *Access.*
    MemberRole {
        /// Who.
        user: UserId,
        /// The role.
        role: Role,
    },
    /// Mutes until a time, or unmutes. *Access.*
    MemberMute {
        /// Who.
        user: UserId,
        /// Until when; none to unmute.
        until: Option<Millis>,
    },
    /// Bans. *Access.*
    BanPut(BanRow),
    /// Lifts a ban. *Access.*
    BanRemove {
        /// Who.
        user: UserId,
    },
    /// This message mentions these members: their `mentions` grow by one, with a row for each.
    Mention {
        /// Who; those who are not members are passed over.
        users: Vec<UserId>,
    },
    /// This message mentions everyone: the channel's `broadcasts` grows by one.
    MentionAll,
    /// Erases the payload of an event and of every edit of it; digest and place stay (tombstone).
    Erase {
        /// The event.
        target: Seq,
        /// The `kind` of the events that carry its later texts.
        edit_kind: u8,
    },
}

impl Change {
    /// Whether it changes who may do what.
    pub fn is_access(&self) -> bool {
        !matches!(self, Self::Mention { .. } | Self::MentionAll | Self::Erase { .. })
    }
}

/// One event to append.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    /// Where.
    pub channel: ChannelId,
    /// Who.
    pub actor: UserId,
    /// The client's key; unique per (channel, actor).
    pub key: Option<ClientKey>,
    /// When, to show.
    pub at: Millis,
    /// Number of the event's type.
    pub kind: u8,
    /// Whether it is a message: it then takes the next ordinal, becomes the channel's last message and active
    /// time, and moves the actor's own read and received cursors to itself (if the actor is a member).
    pub message: bool,
    /// The event this one changes. If its content was erased before, the append is refused as
    /// [`crate::LogError::Gone`].
    pub target: Option<Seq>,
    /// Content, JSON.
    pub payload: Vec<u8>,
    /// What the client asked for, as a number made with [`digest`]: the same key with another digest is a
    /// conflict. Not always the digest of `payload`, which may hold what the server made of it.
    pub digest: u64,
    /// What the appender relied on.
    pub expect: Expect,
    /// Projected rows that change with it.
    pub changes: Vec<Change>,
    /// What is to be done later because of it, at most 256 pieces. It is there exactly if the event is.
    pub work: Vec<NewWork>,
}

/// Late work that follows from an event. In the tables it is named by the event's channel and position and its place
/// among the event's pieces of work ([`klatch_engine::row::WorkId`]).
#[derive(Clone, Debug, PartialEq)]
pub struct NewWork {
    /// Number of what is to be done; 0 is nobody's.
    pub kind: u8,
    /// When it may be begun.
    pub due_at: Millis,
    /// Content, the handler's business.
    pub payload: Vec<u8>,
}

impl Append {
    /// Its late work with the place of each piece.
    pub(crate) fn work_by_place(&self) -> impl Iterator<Item = (u8, &NewWork)> {
        debug_assert!(self.work.len() <= 256, "a place is a byte");
        (0..=u8::MAX).zip(&self.work)
    }
}

impl Append {
    /// The event that it is at this position.
    pub(crate) fn into_event(self, seq: Seq, ordinal: Ordinal) -> EventRow {
        EventRow {
            channel: self.channel,
            seq,
            ordinal,
            at: self.at,
            actor: self.actor,
            key: self.key,
            kind: self.kind,
            message: self.message,
            target: self.target,
            digest: self.digest,
            tombstone: false,
            payload: self.payload,
        }
    }
}

/// Where an append landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Position.
    pub seq: Seq,
    /// The position before it.
    pub prev: Seq,
    /// Count of messages up to it.
    pub ordinal: Ordinal,
    /// When, as first committed.
    pub at: Millis,
    /// Whether the key had been committed before: this is the first receipt again.
    pub duplicate: bool,
}

/// XXH3 of a command's type, target and content: tells a retry from another command with the same key.
pub fn digest(kind: u8, target: Option<Seq>, content: &[u8]) -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    hasher.update(&[kind]);
    hasher.update(&target.unwrap_or(Seq::ZERO).0.to_le_bytes());
    hasher.update(content);
    hasher.digest()
}
