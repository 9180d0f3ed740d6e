//! Tables in memory: for tests, demos and as the plain statement of what SQL must do.

use crate::row::{
    ApiKeyRow, AuditRow, BanRow, ChannelRow, DeviceRow, EventRow, InviteRow, IssuerRow, LobbyRow, MemberRow,
    RefreshRow, RosterGroupRow, RosterImportRow, RosterMemberRow, SigningKeyRow, SpaceRow, UserRow, WorkId,
    WorkRow,
};
use klatch_types::{
    AdminScope, ApiKeyId, AuditId, ChannelId, ClientKey, DeviceId, InviteId, IssuerId, Millis, Seq, SpaceId,
    UserId,
};
use parking_lot::RwLock;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// One channel's tables.
#[derive(Clone, Debug)]
pub struct ChannelTable {
    /// The channel.
    pub row: ChannelRow,
    /// Events by position; position n stands at index n − 1.
    pub events: Vec<EventRow>,
    /// Positions by (sender, key).
    pub keys: HashMap<(UserId, ClientKey), Seq>,
    /// Positions of later events by the position they change.
    pub amendments: BTreeMap<(Seq, Seq), ()>,
    /// Members.
    pub members: BTreeMap<UserId, MemberRow>,
    /// Bans.
    pub bans: BTreeMap<UserId, BanRow>,
    /// Those who wait to be let in.
    pub lobby: BTreeMap<UserId, LobbyRow>,
    /// Positions of messages that mention a user, ascending.
    pub mentions: HashMap<UserId, Vec<Seq>>,
    /// Positions of messages that mention everyone, ascending.
    pub broadcasts: Vec<Seq>,
}

/// All tables.
#[derive(Debug, Default)]
pub struct Tables {
    /// Spaces.
    pub spaces: BTreeMap<SpaceId, SpaceRow>,
    /// Users.
    pub users: BTreeMap<UserId, UserRow>,
    /// Users who show nobody what they have read.
    pub receipts_hidden: BTreeSet<UserId>,
    /// Users who show nobody whether they are online.
    pub presence_hidden: BTreeSet<UserId>,
    /// Administrators.
    pub admins: BTreeMap<UserId, AdminScope>,
    /// What administrators did.
    pub audit: BTreeMap<AuditId, AuditRow>,
    /// Devices.
    pub devices: BTreeMap<DeviceId, DeviceRow>,
    /// Refresh tokens by hash.
    pub refresh: HashMap<[u8; 32], RefreshRow>,
    /// Keys of back ends.
    pub api_keys: BTreeMap<ApiKeyId, ApiKeyRow>,
    /// External issuers.
    pub issuers: BTreeMap<IssuerId, IssuerRow>,
    /// Signing keys, oldest first.
    pub signing_keys: Vec<SigningKeyRow>,
    /// Invitations.
    pub invites: BTreeMap<InviteId, InviteRow>,
    /// Channels.
    pub channels: BTreeMap<ChannelId, ChannelTable>,
    /// When the work of the whole cluster is due again, by its name.
    pub chores: HashMap<String, Millis>,
    /// Late work that is not done.
    pub work: BTreeMap<WorkId, WorkRow>,
    /// How spaces follow their rosters.
    pub rosters: HashMap<SpaceId, RosterTable>,
    /// Accounts that rosters made.
    pub roster_users: HashSet<UserId>,
    /// Direct channels by pair.
    pub pairs: HashMap<(SpaceId, UserId, UserId), ChannelId>,
}

/// One space's rosters.
#[derive(Debug, Default)]
pub struct RosterTable {
    /// Settings, JSON.
    pub settings: Option<String>,
    /// Who imports, and until when that is believed.
    pub held: Option<(i64, Millis)>,
    /// Channels by the id of their group.
    pub groups: BTreeMap<String, RosterGroupRow>,
    /// Whom rosters put where.
    pub members: BTreeMap<(ChannelId, UserId), RosterMemberRow>,
    /// Imports by number, with their rosters.
    pub imports: BTreeMap<u64, (RosterImportRow, Option<Vec<u8>>)>,
}

/// Tables that the log and the directory share.
pub type SharedTables = Arc<RwLock<Tables>>;
