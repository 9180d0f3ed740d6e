//! Rows as both engines keep them. Neither wire types nor domain types: the log and the directory convert by hand.

use klatch_types::{
    AdminScope, ApiKeyId, AuditAct, AuditId, ChannelId, ChannelKind, ClientKey, DeviceId, InviteId, IssuerId,
    Millis, Ordinal, Policy, Role, RosterImportKind, RosterImportState, RosterKind, RosterRole, Rules, Seq,
    SpaceId, UserId, UserKind, Visibility,
};
use uuid::Uuid;

/// `muted_until` and ban `until` of "for good": the largest integer that JSON numbers carry exactly.
pub const FOR_GOOD: Millis = Millis((1 << 53) - 1);

/// A space.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceRow {
    /// Id.
    pub id: SpaceId,
    /// Short name, unique.
    pub slug: String,
    /// Name to show.
    pub name: String,
    /// Rules.
    pub policy: Policy,
    /// Exact origins whose pages may connect, beside the server's own.
    pub origins: Vec<String>,
    /// When it was made.
    pub created_at: Millis,
}

/// A user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserRow {
    /// Id.
    pub id: UserId,
    /// The space.
    pub space: SpaceId,
    /// Unique in the space.
    pub username: String,
    /// Name to show.
    pub name: String,
    /// Kind of account.
    pub kind: UserKind,
    /// Who they are to an external issuer: (issuer id, subject); unique.
    pub external: Option<(IssuerId, String)>,
    /// Argon2id PHC string; none if they cannot log in by password.
    pub password_hash: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was disabled.
    pub disabled_at: Option<Millis>,
}

/// A signed-in device; the family of its refresh tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceRow {
    /// Id.
    pub id: DeviceId,
    /// Its user.
    pub user: UserId,
    /// Name to show.
    pub name: String,
    /// When it signed in.
    pub created_at: Millis,
    /// When it was last used.
    pub seen_at: Millis,
    /// When it was signed out.
    pub revoked_at: Option<Millis>,
}

/// A refresh token, by the SHA-256 of its text. Used ones stay until they expire, so that reuse is noticed.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshRow {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// The device it belongs to.
    pub device: DeviceId,
    /// When it ends.
    pub expires_at: Millis,
    /// When it was used.
    pub used_at: Option<Millis>,
}

/// A key of a product's back end.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiKeyRow {
    /// Id.
    pub id: ApiKeyId,
    /// The space it may act in.
    pub space: SpaceId,
    /// The system user it acts as.
    pub user: UserId,
    /// Name for operators.
    pub name: String,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Millis,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

/// How tokens of an external issuer are verified.
#[derive(Clone, Debug, PartialEq)]
pub enum IssuerKeys {
    /// One shared secret, HS256 only.
    Hs256 {
        /// At least 32 bytes.
        secret: Vec<u8>,
    },
    /// A set of public keys at an address, one pinned algorithm.
    Jwks {
        /// `https` address of the key set.
        url: String,
        /// The one algorithm accepted: ES256, EdDSA or RS256.
        algorithm: String,
    },
}

/// Which claims of an external token mean what.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimNames {
    /// Who: unique and lasting.
    pub subject: String,
    /// Username, if it is not the subject.
    pub username: Option<String>,
    /// Name to show.
    pub name: String,
    /// Role in the channels named by the token.
    pub role: String,
    /// Channels the user is put into: a list of channel ids.
    pub channels: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            subject: "sub".into(),
            username: None,
            name: "name".into(),
            role: "role".into(),
            channels: "channels".into(),
        }
    }
}

/// An external issuer that a space trusts.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuerRow {
    /// Id.
    pub id: IssuerId,
    /// The space.
    pub space: SpaceId,
    /// Exact `iss`; unique on the server.
    pub issuer: String,
    /// Exact `aud`, if it must be there.
    pub audience: Option<String>,
    /// How its tokens are verified.
    pub keys: IssuerKeys,
    /// What its claims mean.
    pub claims: ClaimNames,
    /// When it was added.
    pub created_at: Millis,
}

/// A key that signs the server's own tokens.
#[derive(Clone, PartialEq)]
pub struct SigningKeyRow {
    /// Key id, as in the token's header.
    pub kid: String,
    /// Ed25519 private key, PKCS#8 DER (RFC 8410).
    pub private_der: Vec<u8>,
    /// When it was made; the newest one signs.
    pub created_at: Millis,
}

impl std::fmt::Debug for SigningKeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeyRow")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A channel: its properties, and where its log stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelRow {
    /// Id.
    pub id: ChannelId,
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
    /// The two users of a `direct` channel, smaller id first; unique in the space.
    pub pair: Option<(UserId, UserId)>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was closed.
    pub archived_at: Option<Millis>,
    /// Position of the last event.
    pub head: Seq,
    /// Count of messages.
    pub ordinal: Ordinal,
    /// Count of messages that mention everyone.
    pub broadcasts: Ordinal,
    /// Position of the last event that changed who may do what.
    pub access_seq: Seq,
    /// Count of members.
    pub members: u32,
    /// Time of the last message, or of the making.
    pub active_at: Millis,
    /// Position of the last message.
    pub last_message: Option<Seq>,
    /// What holds in it beside the policy of its space.
    pub rules: Rules,
}

/// A member of a channel, with cursors.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberRow {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: Millis,
    /// Events at or below this position are not theirs to see.
    pub visible_after: Seq,
    /// May not send until then; [`FOR_GOOD`] for ever.
    pub muted_until: Option<Millis>,
    /// How far read.
    pub read: Seq,
    /// Count of messages up to `read`.
    pub read_ordinal: Ordinal,
    /// Count of messages mentioning everyone up to `read`.
    pub read_broadcasts: Ordinal,
    /// How far received.
    pub received: Seq,
    /// Messages that mention this member by name.
    pub mentions: Ordinal,
    /// Of those, up to `read`.
    pub read_mentions: Ordinal,
}

/// A ban.
#[derive(Clone, Debug, PartialEq)]
pub struct BanRow {
    /// Who.
    pub user: UserId,
    /// By whom.
    pub by: UserId,
    /// Since when.
    pub at: Millis,
    /// Until when; [`FOR_GOOD`] for ever.
    pub until: Millis,
    /// Why.
    pub reason: Option<String>,
}

/// Someone who waits to be let into a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LobbyRow {
    /// Who.
    pub user: UserId,
    /// As what they come in.
    pub role: Role,
    /// By which invitation.
    pub invite: Option<InviteId>,
    /// Since when.
    pub at: Millis,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq)]
pub struct InviteRow {
    /// Id.
    pub id: InviteId,
    /// Where to.
    pub channel: ChannelId,
    /// Code of the link, unique.
    pub code: String,
    /// Role of those who come.
    pub role: Role,
    /// Who made it.
    pub by: UserId,
    /// When it was made.
    pub created_at: Millis,
    /// Until when.
    pub expires_at: Millis,
    /// How many may come.
    pub uses_max: Option<u32>,
    /// How many have.
    pub uses: u32,
    /// When it was taken back.
    pub revoked_at: Option<Millis>,
}

/// One event as stored. `kind` and `payload` are the channel's business.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// The channel.
    pub channel: ChannelId,
    /// Position.
    pub seq: Seq,
    /// Count of messages up to and including this event.
    pub ordinal: Ordinal,
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: UserId,
    /// The client's key.
    pub key: Option<ClientKey>,
    /// Number of the event's type.
    pub kind: u8,
    /// Whether it is a message.
    pub message: bool,
    /// The event this one changes.
    pub target: Option<Seq>,
    /// XXH3 of kind, target and first payload: tells a retry from another body, also after erasure.
    pub digest: u64,
    /// Whether the payload was erased.
    pub tombstone: bool,
    /// Content, JSON; empty when erased.
    pub payload: Vec<u8>,
}

/// Names a piece of late work: its place in the transaction that made it. The same work has the same name, however
/// often its transaction is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkId {
    /// The channel of the event that it follows from.
    pub channel: ChannelId,
    /// Position of that event.
    pub seq: Seq,
    /// Which of the event's pieces of work, counted from zero.
    pub place: u8,
}

/// A piece of late work. `kind` and `payload` are its handler's business.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkRow {
    /// Which.
    pub id: WorkId,
    /// Number of what is to be done.
    pub kind: u8,
    /// How often it was begun.
    pub attempts: u32,
    /// When it may be begun: for new work when it was wanted, for work in hand when its lease ends, [`FOR_GOOD`] for work
    /// that was given up.
    pub due_at: Millis,
    /// Content.
    pub payload: Vec<u8>,
}

/// The channel of a roster's group.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterGroupRow {
    /// The group's id in the roster; unique in the space.
    pub source: String,
    /// What it is.
    pub kind: RosterKind,
    /// Its channel.
    pub channel: ChannelId,
    /// The channel's name, as the roster last gave it.
    pub name: String,
    /// Whether the last roster did not have it.
    pub gone: bool,
}

/// How someone whom a roster put into a channel stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RosterPlace {
    /// Noted, and perhaps not done.
    Joining = 1,
    /// Put in.
    In = 2,
    /// Dropped, and to be removed at `due_at`.
    Out = 3,
}

impl RosterPlace {
    /// The number that databases keep.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// From the number that a database kept.
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Joining),
            2 => Some(Self::In),
            3 => Some(Self::Out),
            _ => None,
        }
    }
}

/// Someone whom a roster put into a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterMemberRow {
    /// The channel.
    pub channel: ChannelId,
    /// Who.
    pub user: UserId,
    /// Their username, which never changes.
    pub username: String,
    /// As what.
    pub role: RosterRole,
    /// How they stand.
    pub place: RosterPlace,
    /// When they are to be removed, if they were dropped.
    pub due_at: Option<Millis>,
}

/// One import of a roster.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterImportRow {
    /// The space.
    pub space: SpaceId,
    /// 1, 2, 3 … in the space.
    pub no: u64,
    /// When it began.
    pub at: Millis,
    /// Who did it.
    pub by: UserId,
    /// How it came about.
    pub kind: RosterImportKind,
    /// How far it is.
    pub state: RosterImportState,
    /// What it does, JSON; the domain's business.
    pub counts: String,
}

/// An administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminRow {
    /// Who.
    pub user: UserId,
    /// What they administer.
    pub scope: AdminScope,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its id; later lines have greater ones.
    pub id: AuditId,
    /// The space that it happened in.
    pub space: SpaceId,
    /// When.
    pub at: Millis,
    /// Who did it; none for the command line.
    pub actor: Option<UserId>,
    /// What was done.
    pub act: AuditAct,
    /// The user, channel, key or issuer that it was done to, if to one.
    pub target: Option<Uuid>,
    /// What a reader should know besides, in a few words; never a secret.
    pub detail: String,
}

/// An account as administrators see it.
#[derive(Clone, Debug, PartialEq)]
pub struct UserOverviewRow {
    /// The account.
    pub user: UserRow,
    /// What it administers.
    pub admin: Option<AdminScope>,
    /// Devices that it is signed in on.
    pub devices: u64,
}

/// Someone in one of a user's roster channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircleRow {
    /// The channel that the two share.
    pub channel: ChannelId,
    /// What its group is.
    pub kind: RosterKind,
    /// The other.
    pub user: UserId,
}
