//! Every table: where its columns come from in SQLite, what they are called in PostgreSQL.

use super::cell::Kind::{self, Bool, Bucket, Bytes, Int2, Int4, Int8, Text, Uuid};

/// A table of both databases.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// What SQLite reads it from; the table whose order is followed comes first.
    pub(super) from: &'static str,
    /// What SQLite's rows are ordered by: the primary key.
    pub(super) key: &'static [&'static str],
    /// Its columns.
    pub(super) columns: &'static [Column],
}

impl Table {
    /// Which column tells the channel that a row belongs to, if it belongs to one.
    pub(super) fn channel_at(&self) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.kind == Bucket)
            .map(|bucket| bucket + 1)
    }

    /// The columns in PostgreSQL, with commas between.
    pub(super) fn columns(&self) -> String {
        self.columns.iter().map(|c| c.name).collect::<Vec<_>>().join(", ")
    }
}

/// A column: name in PostgreSQL, expression in SQLite, what it holds.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) source: &'static str,
    pub(super) kind: Kind,
}

const fn col(name: &'static str, source: &'static str, kind: Kind) -> Column {
    Column { name, source, kind }
}

/// All tables, those first that others point to. The bucket of a row is followed by the channel it belongs to.
pub(super) const TABLES: &[Table] = &[
    SPACES,
    USERS,
    RECEIPTS_HIDDEN,
    PRESENCE_HIDDEN,
    ADMINS,
    AUDIT,
    DEVICES,
    REFRESH_TOKENS,
    API_KEYS,
    ISSUERS,
    SIGNING_KEYS,
    CHORES,
    ROSTERS,
    ROSTER_GROUPS,
    ROSTER_MEMBERS,
    ROSTER_USERS,
    ROSTER_IMPORTS,
    CHANNELS,
    EVENTS,
    MEMBERS,
    BANS,
    MENTIONS,
    BROADCASTS,
    LOBBY,
    INVITES,
    WORK,
];

const SPACES: Table = Table {
    name: "spaces",
    from: "spaces t",
    key: &["t.id"],
    columns: &[
        col("id", "t.id", Uuid),
        col("slug", "t.slug", Text),
        col("name", "t.name", Text),
        col("policy", "t.policy", Text),
        col("origins", "t.origins", Text),
        col("created_at", "t.created_at", Int8),
    ],
};

const USERS: Table = Table {
    name: "users",
    from: "users t",
    key: &["t.id"],
    columns: &[
        col("id", "t.id", Uuid),
        col("space", "t.space", Uuid),
        col("username", "t.username", Text),
        col("name", "t.name", Text),
        col("kind", "t.kind", Int2),
        col("issuer", "t.issuer", Uuid),
        col("subject", "t.subject", Text),
        col("password_hash", "t.password_hash", Text),
        col("created_at", "t.created_at", Int8),
        col("disabled_at", "t.disabled_at", Int8),
    ],
};

const RECEIPTS_HIDDEN: Table = Table {
    name: "receipts_hidden",
    from: "receipts_hidden t",
    key: &["t.user"],
    columns: &[col("user_id", "t.user", Uuid)],
};

const PRESENCE_HIDDEN: Table = Table {
    name: "presence_hidden",
    from: "presence_hidden t",
    key: &["t.user"],
    columns: &[col("user_id", "t.user", Uuid)],
};

const ADMINS: Table = Table {
    name: "admins",
    from: "admins t",
    key: &["t.user"],
    columns: &[col("user_id", "t.user", Uuid), col("scope", "t.scope", Int2)],
};

const AUDIT: Table = Table {
    name: "audit",
    from: "audit t",
    key: &["t.id"],
    columns: &[
        col("id", "t.id", Uuid),
        col("space", "t.space", Uuid),
        col("at", "t.at", Int8),
        col("actor", "t.actor", Uuid),
        col("act", "t.act", Int2),
        col("target", "t.target", Uuid),
        col("detail", "t.detail", Text),
    ],
};

const DEVICES: Table = Table {
    name: "devices",
    from: "devices t",
    key: &["t.id"],
    columns: &[
        col("id", "t.id", Uuid),
        col("user_id", "t.user", Uuid),
        col("name", "t.name", Text),
        col("created_at", "t.created_at", Int8),
        col("seen_at", "t.seen_at", Int8),
        col("revoked_at", "t.revoked_at", Int8),
    ],
};

const REFRESH_TOKENS: Table = Table {
    name: "refresh_tokens",
    from: "refresh_tokens t",
    key: &["t.hash"],
    columns: &[
        col("hash", "t.hash", Bytes),
        col("device", "t.device", Uuid),
        col("expires_at", "t.expires_at", Int8),
        col("used_at", "t.used_at", Int8),
    ],
};

const API_KEYS: Table = Table {
    name: "api_keys",
    from: "api_keys t",
    key: &["t.id"],
    columns: &[
        col("id", "t.id", Uuid),
        col("space", "t.space", Uuid),
        col("user_id", "t.user", Uuid),
        col("name", "t.name", Text),
        col("hash", "t.hash", Bytes),
        col("created_at", "t.created_at", Int8),
        col("revoked_at", "t.revoked_at", Int8),
    ],
};

const ISSUERS: Table = Table {
    name: "issuers",
    from: "issuers t",
    key: &["t.id"],
    columns: &[
        col("id", "t.id", Uuid),
        col("space", "t.space", Uuid),
        col("issuer", "t.issuer", Text),
        col("audience", "t.audience", Text),
        col("secret", "t.secret", Bytes),
        col("jwks_url", "t.jwks_url", Text),
        col("algorithm", "t.algorithm", Text),
        col("claims", "t.claims", Text),
        col("created_at", "t.created_at", Int8),
    ],
};

const SIGNING_KEYS: Table = Table {
    name: "signing_keys",
    from: "signing_keys t",
    key: &["t.kid"],
    columns: &[
        col("kid", "t.kid", Text),
        col("private_der", "t.private_der", Bytes),
        col("created_at", "t.created_at", Int8),
    ],
};

const CHORES: Table = Table {
    name: "chores",
    from: "chores t",
    key: &["t.name"],
    columns: &[col("name", "t.name", Text), col("due_at", "t.due_at", Int8)],
};

const ROSTERS: Table = Table {
    name: "rosters",
    from: "rosters t",
    key: &["t.space"],
    columns: &[
        col("space", "t.space", Uuid),
        col("settings", "t.settings", Text),
        col("holder", "t.holder", Int8),
        col("held_until", "t.held_until", Int8),
    ],
};

const ROSTER_GROUPS: Table = Table {
    name: "roster_groups",
    from: "roster_groups t",
    key: &["t.space", "t.source"],
    columns: &[
        col("space", "t.space", Uuid),
        col("source", "t.source", Text),
        col("kind", "t.kind", Int2),
        col("channel", "t.channel", Uuid),
        col("name", "t.name", Text),
        col("gone", "t.gone", Bool),
    ],
};

const ROSTER_MEMBERS: Table = Table {
    name: "roster_members",
    from: "roster_members t",
    key: &["t.space", "t.channel", "t.user"],
    columns: &[
        col("space", "t.space", Uuid),
        col("channel", "t.channel", Uuid),
        col("user_id", "t.user", Uuid),
        col("username", "t.username", Text),
        col("role", "t.role", Int2),
        col("place", "t.place", Int2),
        col("due_at", "t.due_at", Int8),
    ],
};

const ROSTER_USERS: Table = Table {
    name: "roster_users",
    from: "roster_users t",
    key: &["t.user"],
    columns: &[col("user_id", "t.user", Uuid), col("space", "t.space", Uuid)],
};

const ROSTER_IMPORTS: Table = Table {
    name: "roster_imports",
    from: "roster_imports t",
    key: &["t.space", "t.no"],
    columns: &[
        col("space", "t.space", Uuid),
        col("no", "t.no", Int8),
        col("at", "t.at", Int8),
        col("by", "t.by", Uuid),
        col("kind", "t.kind", Int2),
        col("state", "t.state", Int2),
        col("counts", "t.counts", Text),
        col("body", "t.body", Bytes),
    ],
};

const CHANNELS: Table = Table {
    name: "channels",
    from: "channels t",
    key: &["t.no"],
    columns: &[
        col("bucket", "t.id", Bucket),
        col("id", "t.id", Uuid),
        col("kind", "t.kind", Int2),
        col("visibility", "t.visibility", Int2),
        col("members", "t.members", Int4),
        col("space", "t.space", Uuid),
        col("created_at", "t.created_at", Int8),
        col("head", "t.head", Int8),
        col("ordinal", "t.ordinal", Int8),
        col("broadcasts", "t.broadcasts", Int8),
        col("access_seq", "t.access_seq", Int8),
        col("active_at", "t.active_at", Int8),
        col("archived_at", "t.archived_at", Int8),
        col("last_message", "t.last_message", Int8),
        col("pair_low", "t.pair_low", Uuid),
        col("pair_high", "t.pair_high", Uuid),
        col("name", "t.name", Text),
        col("topic", "t.topic", Text),
        col("rules", "t.rules", Text),
    ],
};

const EVENTS: Table = Table {
    name: "events",
    from: "events t CROSS JOIN channels c ON c.no = t.channel",
    key: &["t.channel", "t.seq"],
    columns: &[
        col("bucket", "c.id", Bucket),
        col("channel", "c.id", Uuid),
        col("kind", "t.kind", Int2),
        col("message", "t.message", Bool),
        col("tombstone", "t.tombstone", Bool),
        col("seq", "t.seq", Int8),
        col("ordinal", "t.ordinal", Int8),
        col("at", "t.at", Int8),
        col("digest", "t.digest", Int8),
        col("actor", "t.actor", Uuid),
        col("key", "t.key", Uuid),
        col("target", "t.target", Int8),
        col("payload", "t.payload", Bytes),
    ],
};

const MEMBERS: Table = Table {
    name: "members",
    from: "members t CROSS JOIN channels c ON c.no = t.channel",
    key: &["t.channel", "t.user"],
    columns: &[
        col("bucket", "c.id", Bucket),
        col("channel", "c.id", Uuid),
        col("user_id", "t.user", Uuid),
        col("role", "t.role", Int2),
        col("joined_at", "t.joined_at", Int8),
        col("visible_after", "t.visible_after", Int8),
        col("read", "t.read", Int8),
        col("read_ordinal", "t.read_ordinal", Int8),
        col("read_broadcasts", "t.read_broadcasts", Int8),
        col("received", "t.received", Int8),
        col("mentions", "t.mentions", Int8),
        col("read_mentions", "t.read_mentions", Int8),
        col("muted_until", "t.muted_until", Int8),
    ],
};

const BANS: Table = Table {
    name: "bans",
    from: "bans t CROSS JOIN channels c ON c.no = t.channel",
    key: &["t.channel", "t.user"],
    columns: &[
        col("bucket", "c.id", Bucket),
        col("channel", "c.id", Uuid),
        col("user_id", "t.user", Uuid),
        col("by", "t.by", Uuid),
        col("at", "t.at", Int8),
        col("until", "t.until", Int8),
        col("reason", "t.reason", Text),
    ],
};

const MENTIONS: Table = Table {
    name: "mentions",
    from: "mentions t CROSS JOIN channels c ON c.no = t.channel",
    key: &["t.channel", "t.user", "t.seq"],
    columns: &[
        col("bucket", "c.id", Bucket),
        col("channel", "c.id", Uuid),
        col("user_id", "t.user", Uuid),
        col("seq", "t.seq", Int8),
        col("ordinal", "t.ordinal", Int8),
    ],
};

const BROADCASTS: Table = Table {
    name: "broadcasts",
    from: "broadcasts t CROSS JOIN channels c ON c.no = t.channel",
    key: &["t.channel", "t.seq"],
    columns: &[
        col("bucket", "c.id", Bucket),
        col("channel", "c.id", Uuid),
        col("seq", "t.seq", Int8),
        col("ordinal", "t.ordinal", Int8),
    ],
};

const LOBBY: Table = Table {
    name: "lobby",
    from: "lobby t CROSS JOIN channels c ON c.no = t.channel",
    key: &["t.channel", "t.user"],
    columns: &[
        col("bucket", "c.id", Bucket),
        col("channel", "c.id", Uuid),
        col("user_id", "t.user", Uuid),
        col("role", "t.role", Int2),
        col("invite", "t.invite", Uuid),
        col("at", "t.at", Int8),
    ],
};

const INVITES: Table = Table {
    name: "invites",
    from: "invites t CROSS JOIN channels c ON c.no = t.channel",
    key: &["t.id"],
    columns: &[
        col("bucket", "c.id", Bucket),
        col("channel", "c.id", Uuid),
        col("id", "t.id", Uuid),
        col("role", "t.role", Int2),
        col("code", "t.code", Text),
        col("by", "t.by", Uuid),
        col("created_at", "t.created_at", Int8),
        col("expires_at", "t.expires_at", Int8),
        col("uses_max", "t.uses_max", Int4),
        col("uses", "t.uses", Int4),
        col("revoked_at", "t.revoked_at", Int8),
    ],
};

const WORK: Table = Table {
    name: "work",
    from: "work t CROSS JOIN channels c ON c.no = t.channel",
    key: &["t.channel", "t.seq", "t.place"],
    columns: &[
        col("bucket", "c.id", Bucket),
        col("channel", "c.id", Uuid),
        col("seq", "t.seq", Int8),
        col("place", "t.place", Int2),
        col("kind", "t.kind", Int2),
        col("attempts", "t.attempts", Int4),
        col("due_at", "t.due_at", Int8),
        col("payload", "t.payload", Bytes),
    ],
};
