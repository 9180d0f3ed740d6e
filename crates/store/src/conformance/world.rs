//! A directory under test, with what the cases need around it.

use crate::{CursorRow, Directory, StoreError, WorkQueue};
use async_trait::async_trait;
use klatch_engine::row::{BanRow, DeviceRow, InviteRow, MemberRow, RefreshRow, SpaceRow, UserRow};
use klatch_types::{
    ChannelId, ChannelKind, DeviceId, InviteId, Millis, Policy, Profile, Role, SeededEntropy, Seq, SpaceId,
    UserId, UserKind, Visibility,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Event kind of an edit in the cases.
pub const EDIT: u8 = 2;

/// Something that a log writes, and the directory then shows.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Makes the channel.
    Make {
        /// The space.
        space: SpaceId,
        /// What it is for.
        kind: ChannelKind,
        /// Who can find it.
        visibility: Visibility,
        /// Name.
        name: Option<String>,
        /// The two of a direct channel, smaller id first.
        pair: Option<(UserId, UserId)>,
        /// First members.
        members: Vec<UserId>,
    },
    /// Posts a message.
    Post {
        /// Its payload.
        text: String,
        /// Whom it mentions by name.
        mentions: Vec<UserId>,
        /// Whether it mentions everyone.
        everyone: bool,
    },
    /// Edits a message: an event of kind [`EDIT`].
    Edit {
        /// The message.
        target: Seq,
        /// Its new payload.
        text: String,
    },
    /// Changes a message in another way, by an event of another kind.
    React {
        /// The message.
        target: Seq,
    },
    /// Erases a message and its edits.
    Delete {
        /// The message.
        target: Seq,
    },
    /// Adds a member.
    Join {
        /// Who.
        user: UserId,
        /// Whether the history before is theirs to see.
        sees_history: bool,
        /// The invitation that brought them.
        invite: Option<InviteId>,
    },
    /// Removes a member.
    Leave {
        /// Who.
        user: UserId,
    },
    /// Bans.
    Ban(BanRow),
    /// Closes the channel.
    Archive,
    /// Makes late work of a kind, due at a time, with a payload.
    Work(u8, Millis, Vec<u8>),
}

/// How the cases write channels: through the backend's own log, of which the suite knows no more than this.
#[async_trait]
pub trait Writer: Send + Sync + 'static {
    /// Commits one event; its position.
    async fn write(&self, channel: ChannelId, actor: UserId, at: Millis, deed: Deed) -> Seq;
    /// Erases one event's payload, and nothing of its edits.
    async fn tombstone(&self, channel: ChannelId, seq: Seq);
}

/// A new, empty directory under test.
pub struct Subject {
    /// The directory.
    pub directory: Arc<dyn Directory>,
    /// Its queue of late work.
    pub work: Arc<dyn WorkQueue>,
    /// The log beside it.
    pub writer: Arc<dyn Writer>,
    /// What must live as long (a folder, say).
    pub keep: Box<dyn std::any::Any + Send + Sync>,
}

/// A subject with one space.
pub struct World {
    /// The directory.
    pub directory: Arc<dyn Directory>,
    /// The queue of late work.
    pub work: Arc<dyn WorkQueue>,
    pub(crate) writer: Arc<dyn Writer>,
    /// The space that everything is in unless a case says otherwise.
    pub space: SpaceId,
    pub(crate) entropy: SeededEntropy,
    made: AtomicU64,
    _keep: Box<dyn std::any::Any + Send + Sync>,
}

/// The time at which the cases take place, unless they say otherwise.
pub(crate) const NOW: Millis = Millis(1_700_000_000_000);

/// So long after [`NOW`].
pub(crate) fn later(millis: i64) -> Millis {
    Millis(NOW.0 + millis)
}

impl World {
    /// A world around a subject.
    pub async fn new(subject: Subject) -> Self {
        let world = Self {
            directory: subject.directory,
            work: subject.work,
            writer: subject.writer,
            space: SpaceId(uuid::Uuid::from_u128(1)),
            entropy: SeededEntropy::new(11),
            made: AtomicU64::new(0),
            _keep: subject.keep,
        };
        let space = SpaceRow {
            id: world.space,
            ..world.space_row("home")
        };
        world.directory.space_add(space).await.expect("a first space");
        world
    }

    /// A number that no other call got.
    pub(crate) fn number(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn space_row(&self, slug: &str) -> SpaceRow {
        SpaceRow {
            id: SpaceId::new(NOW, &self.entropy),
            slug: slug.into(),
            name: "A space".into(),
            policy: Policy::of(Profile::App),
            origins: Vec::new(),
            created_at: NOW,
        }
    }

    pub(crate) async fn other_space(&self) -> SpaceId {
        let space = self.space_row("elsewhere");
        let id = space.id;
        self.directory.space_add(space).await.expect("a second space");
        id
    }

    pub(crate) fn user_row(&self, username: &str) -> UserRow {
        UserRow {
            id: UserId::new(NOW, &self.entropy),
            space: self.space,
            username: username.into(),
            name: format!("Name of {username}"),
            kind: UserKind::Person,
            external: None,
            password_hash: None,
            created_at: NOW,
            disabled_at: None,
        }
    }

    /// A user who is there.
    pub async fn user(&self, username: &str) -> UserId {
        let user = self.user_row(username);
        let id = user.id;
        self.directory.user_add(user).await.expect("a new user");
        id
    }

    /// Two users in the order of their ids.
    pub(crate) async fn pair(&self) -> (UserId, UserId) {
        let (a, b) = (self.user("one").await, self.user("two").await);
        (a.min(b), a.max(b))
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        klatch_types::Entropy::fill(&self.entropy, &mut hash);
        hash
    }

    pub(crate) fn device_row(&self, user: UserId, seen_at: Millis) -> DeviceRow {
        DeviceRow {
            id: DeviceId::new(NOW, &self.entropy),
            user,
            name: "Laptop".into(),
            created_at: NOW,
            seen_at,
            revoked_at: None,
        }
    }

    /// A device that is there, with its first refresh token, which ends an hour after [`NOW`].
    pub(crate) async fn device(&self, user: UserId) -> (DeviceRow, [u8; 32]) {
        let device = self.device_row(user, NOW);
        let refresh = RefreshRow {
            hash: self.hash(),
            device: device.id,
            expires_at: later(3_600_000),
            used_at: None,
        };
        let hash = refresh.hash;
        let added = self.directory.device_add(device.clone(), refresh).await;
        added.expect("a new device");
        (device, hash)
    }

    pub(crate) fn channel_id(&self) -> ChannelId {
        ChannelId::new(NOW, &self.entropy)
    }

    /// A private group with these members, made at `at`.
    pub(crate) async fn channel_at(&self, members: &[UserId], at: Millis) -> ChannelId {
        let channel = self.channel_id();
        let make = Deed::Make {
            space: self.space,
            kind: ChannelKind::Group,
            visibility: Visibility::Private,
            name: Some("Room".into()),
            pair: None,
            members: members.to_vec(),
        };
        let maker = members.first().copied().unwrap_or(UserId(channel.0));
        self.writer.write(channel, maker, at, make).await;
        channel
    }

    /// A private group with these members.
    pub async fn channel(&self, members: &[UserId]) -> ChannelId {
        self.channel_at(members, NOW).await
    }

    /// An open channel with this name.
    pub(crate) async fn open_channel(&self, space: SpaceId, name: &str, member: UserId) -> ChannelId {
        let channel = self.channel_id();
        let make = Deed::Make {
            space,
            kind: ChannelKind::Group,
            visibility: Visibility::Open,
            name: Some(name.into()),
            pair: None,
            members: vec![member],
        };
        self.writer.write(channel, member, NOW, make).await;
        channel
    }

    pub(crate) async fn direct_channel(&self, (low, high): (UserId, UserId)) -> ChannelId {
        let channel = self.channel_id();
        let make = Deed::Make {
            space: self.space,
            kind: ChannelKind::Direct,
            visibility: Visibility::Private,
            name: None,
            pair: Some((low, high)),
            members: vec![low, high],
        };
        self.writer.write(channel, low, NOW, make).await;
        channel
    }

    pub(crate) async fn write(&self, channel: ChannelId, actor: UserId, deed: Deed) -> Seq {
        self.writer.write(channel, actor, NOW, deed).await
    }

    /// Posts a message that mentions nobody.
    pub async fn post(&self, channel: ChannelId, actor: UserId, text: &str) -> Seq {
        self.mention(channel, actor, text, &[], false).await
    }

    /// Posts a message that mentions someone.
    pub async fn mention(
        &self,
        channel: ChannelId,
        actor: UserId,
        text: &str,
        users: &[UserId],
        everyone: bool,
    ) -> Seq {
        let post = Deed::Post {
            text: text.into(),
            mentions: users.to_vec(),
            everyone,
        };
        self.write(channel, actor, post).await
    }

    pub(crate) async fn join(&self, channel: ChannelId, user: UserId, sees_history: bool) -> Seq {
        let join = Deed::Join {
            user,
            sees_history,
            invite: None,
        };
        self.write(channel, user, join).await
    }

    pub(crate) async fn move_cursor(
        &self,
        channel: ChannelId,
        user: UserId,
        read: Option<u64>,
        received: Option<u64>,
    ) -> Result<CursorRow, StoreError> {
        let (read, received) = (read.map(Seq), received.map(Seq));
        self.directory.cursor_move(channel, user, read, received).await
    }

    /// The row of a member.
    pub(crate) async fn member(&self, channel: ChannelId, user: UserId) -> MemberRow {
        let line = self.directory.channel_line(user, channel, EDIT).await;
        let line = line.expect("readable").expect("a channel");
        line.member.expect("a member")
    }

    pub(crate) fn invite_row(&self, channel: ChannelId, by: UserId) -> InviteRow {
        InviteRow {
            id: InviteId::new(NOW, &self.entropy),
            channel,
            code: format!("code-{}", self.number()),
            role: Role::Guest,
            by,
            created_at: NOW,
            expires_at: later(1_000),
            uses_max: Some(3),
            uses: 0,
            revoked_at: None,
        }
    }
}
