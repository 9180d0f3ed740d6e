//! All SQL of the log. Every statement names the `bucket` of each table of channels that it touches, so that a
//! distributed PostgreSQL sends it to one worker.
//!
//! Statements over many rows are written for [`Spread::Whole`]: their first parameter is an array, a bucket for each row.
//! [`text`] makes of them what [`Spread::ByBucket`] needs: there the first parameter is the one bucket of the batch.

use klatch_engine::postgres::Spread;
use std::borrow::Cow;

/// Locks the channels of a batch, in one order for everybody, and reads where they stand.
pub(super) const LOCK: &str = "\
    SELECT c.id, c.head, c.ordinal, c.broadcasts, c.access_seq, c.active_at, c.last_message
    FROM unnest($1::int2[], $2::uuid[]) AS x(bucket, id)
    JOIN channels c ON c.bucket = x.bucket AND c.id = x.id
    ORDER BY c.bucket, c.id FOR UPDATE OF c";

/// Takes turns with whoever makes a channel with the same id: there is no row yet that could be locked.
pub(super) const LOCK_NEW: &str = "SELECT pg_advisory_xact_lock($1)";

/// Which of these events were erased.
pub(super) const ERASED: &str = "\
    SELECT e.channel, e.seq FROM unnest($1::int2[], $2::uuid[], $3::int8[]) AS x(bucket, channel, seq)
    JOIN events e ON e.bucket = x.bucket AND e.channel = x.channel AND e.seq = x.seq WHERE e.tombstone";

/// The first receipts of keys that were used before.
pub(super) const KEYS: &str = "\
    SELECT e.channel, e.actor, e.key, e.seq, e.ordinal, e.at, e.digest
    FROM unnest($1::int2[], $2::uuid[], $3::uuid[], $4::uuid[]) AS x(bucket, channel, actor, key)
    JOIN events e ON e.key = x.key AND e.bucket = x.bucket AND e.channel = x.channel AND e.actor = x.actor";

/// What stands at the positions that a batch was given, to find out whether it was committed.
pub(super) const WRITTEN: &str = "\
    SELECT e.channel, e.seq, e.actor, e.kind, e.digest, e.at, e.key
    FROM unnest($1::int2[], $2::uuid[], $3::int8[]) AS x(bucket, channel, seq)
    JOIN events e ON e.bucket = x.bucket AND e.channel = x.channel AND e.seq = x.seq";

/// The channels of pairs. Asked of all buckets, and outside of the transaction: the one statement that is not about
/// channels whose ids are known.
pub(super) const PAIRS: &str = "\
    SELECT c.space, c.pair_low, c.pair_high, c.id
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS x(space, pair_low, pair_high)
    JOIN channels c ON c.space = x.space AND c.pair_low = x.pair_low AND c.pair_high = x.pair_high
    WHERE c.pair_low IS NOT NULL";

/// Adds the events of a batch.
pub(super) const INSERT_EVENTS: &str = "\
    INSERT INTO events (bucket, channel, seq, ordinal, at, actor, key, kind, message, target, digest, tombstone, payload)
    SELECT x.bucket, x.channel, x.seq, x.ordinal, x.at, x.actor, x.key, x.kind, x.message, x.target, x.digest, false,
      x.payload
    FROM unnest($1::int2[], $2::uuid[], $3::int8[], $4::int8[], $5::int8[], $6::uuid[], $7::uuid[], $8::int2[],
      $9::bool[], $10::int8[], $11::int8[], $12::bytea[])
      AS x(bucket, channel, seq, ordinal, at, actor, key, kind, message, target, digest, payload)";

/// Adds the late work of a batch's events.
pub(super) const INSERT_WORK: &str = "\
    INSERT INTO work (bucket, channel, seq, place, kind, attempts, due_at, payload)
    SELECT x.bucket, x.channel, x.seq, x.place, x.kind, 0, x.due_at, x.payload
    FROM unnest($1::int2[], $2::uuid[], $3::int8[], $4::int2[], $5::int2[], $6::int8[], $7::bytea[])
      AS x(bucket, channel, seq, place, kind, due_at, payload)";

/// Moves the heads of a batch's channels.
pub(super) const MOVE_HEADS: &str = "\
    UPDATE channels c SET head = x.head, ordinal = x.ordinal, broadcasts = x.broadcasts, access_seq = x.access_seq,
      active_at = x.active_at, last_message = x.last_message
    FROM unnest($1::int2[], $2::uuid[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[])
      AS x(bucket, id, head, ordinal, broadcasts, access_seq, active_at, last_message)
    WHERE c.bucket = x.bucket AND c.id = x.id";

/// Moves the cursors of senders to their own messages. Someone who left and came back in this batch starts further on:
/// `read <=` leaves them there. Someone who came with this very event starts at it, and has read its mentions all the
/// same.
pub(super) const OWN_CURSORS: &str = "\
    UPDATE members m SET read = x.seq, read_ordinal = x.ordinal, read_broadcasts = x.broadcasts,
      received = greatest(m.received, x.seq),
      read_mentions = CASE m.mentions WHEN 0 THEN 0 ELSE coalesce((SELECT n.ordinal FROM mentions n
        WHERE n.bucket = x.bucket AND n.channel = x.channel AND n.user_id = x.user_id AND n.seq <= x.seq
        ORDER BY n.seq DESC LIMIT 1), 0) END
    FROM unnest($1::int2[], $2::uuid[], $3::uuid[], $4::int8[], $5::int8[], $6::int8[])
      AS x(bucket, channel, user_id, seq, ordinal, broadcasts)
    WHERE m.bucket = x.bucket AND m.channel = x.channel AND m.user_id = x.user_id AND m.read <= x.seq";

/// Makes a channel.
pub(super) const CREATE: &str = "\
    INSERT INTO channels (bucket, id, space, kind, visibility, name, topic, pair_low, pair_high, created_at, active_at,
      head, ordinal, broadcasts, access_seq, members)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 0, 0, 0, 0, 0)";

/// Changes what is given of a channel; an empty topic removes it.
pub(super) const UPDATE: &str = "\
    UPDATE channels c SET name = coalesce($3, c.name), visibility = coalesce($5, c.visibility),
      topic = CASE WHEN $4::text IS NULL THEN c.topic ELSE nullif($4, '') END
    WHERE c.bucket = $1 AND c.id = $2";

/// Gives a channel its rules.
pub(super) const SET_RULES: &str = "UPDATE channels c SET rules = $3 WHERE c.bucket = $1 AND c.id = $2";

/// Closes a channel.
pub(super) const ARCHIVE: &str = "UPDATE channels c SET archived_at = $3 WHERE c.bucket = $1 AND c.id = $2";

/// Counts the uses of invitations by those who are not members yet: before they are added.
pub(super) const USE_INVITES: &str = "\
    UPDATE invites i SET uses = i.uses + x.uses
    FROM (SELECT y.invite, count(*)::int4 AS uses FROM unnest($3::uuid[], $4::uuid[]) AS y(user_id, invite)
      WHERE y.invite IS NOT NULL AND NOT EXISTS (SELECT FROM members m
        WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = y.user_id) GROUP BY y.invite) x
    WHERE i.bucket = $1 AND i.id = x.invite";

/// Counts those who are not members yet: before they are added.
pub(super) const COUNT_ADDED: &str = "\
    UPDATE channels c SET members = c.members + (SELECT count(*)::int4 FROM unnest($3::uuid[]) AS y(user_id)
      WHERE NOT EXISTS (SELECT FROM members m WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = y.user_id))
    WHERE c.bucket = $1 AND c.id = $2";

/// Gives members roles.
pub(super) const SET_ROLES: &str = "\
    UPDATE members m SET role = x.role FROM unnest($3::uuid[], $4::int2[]) AS x(user_id, role)
    WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = x.user_id";

/// Adds those who are not members yet. Mentions of an earlier membership are still counted in their rows: the running
/// count goes on from there.
pub(super) const ADD_MEMBERS: &str = "\
    INSERT INTO members (bucket, channel, user_id, role, visible_after, joined_at, read, read_ordinal, read_broadcasts,
      received, mentions, read_mentions)
    SELECT $1::int2, $2::uuid, x.user_id, x.role, x.visible_after, $6, $7, $8, $9, $7, n.count, n.count
    FROM unnest($3::uuid[], $4::int2[], $5::int8[]) AS x(user_id, role, visible_after)
    CROSS JOIN LATERAL (SELECT coalesce(max(m.ordinal), 0) AS count FROM mentions m
      WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = x.user_id) n
    ON CONFLICT DO NOTHING";

/// Counts a member out, before they are removed.
pub(super) const COUNT_REMOVED: &str = "\
    UPDATE channels c SET members = c.members - (SELECT count(*)::int4 FROM members m
      WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = $3)
    WHERE c.bucket = $1 AND c.id = $2";

/// Removes a member.
pub(super) const REMOVE_MEMBER: &str =
    "DELETE FROM members m WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = $3";

/// Mutes or unmutes a member.
pub(super) const MUTE: &str =
    "UPDATE members m SET muted_until = $4 WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = $3";

/// Bans.
pub(super) const BAN: &str = "\
    INSERT INTO bans (bucket, channel, user_id, by, at, until, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (bucket, channel, user_id) DO UPDATE
      SET by = excluded.by, at = excluded.at, until = excluded.until, reason = excluded.reason";

/// Lifts a ban.
pub(super) const UNBAN: &str = "DELETE FROM bans b WHERE b.bucket = $1 AND b.channel = $2 AND b.user_id = $3";

/// Adds a mention of each member among those named, once however often they are named.
pub(super) const MENTION: &str = "\
    INSERT INTO mentions (bucket, channel, user_id, seq, ordinal)
    SELECT m.bucket, m.channel, m.user_id, $4, m.mentions + 1 FROM members m
    WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = ANY($3::uuid[])
    ON CONFLICT DO NOTHING";

/// Brings the counts of those mentioned to their newest mentions.
pub(super) const COUNT_MENTIONS: &str = "\
    UPDATE members m SET mentions = n.ordinal FROM mentions n
    WHERE m.bucket = $1 AND m.channel = $2 AND m.user_id = ANY($3::uuid[])
      AND n.bucket = $1 AND n.channel = $2 AND n.user_id = m.user_id AND n.seq = $4";

/// Adds a mention of everyone.
pub(super) const BROADCAST: &str =
    "INSERT INTO broadcasts (bucket, channel, seq, ordinal) VALUES ($1, $2, $3, $4)";

/// Erases an event that is not newer than `$4`.
pub(super) const ERASE: &str = "\
    UPDATE events e SET payload = '', tombstone = true
    WHERE e.bucket = $1 AND e.channel = $2 AND e.seq = $3 AND e.seq <= $4";

/// Erases the edits of an event that are not newer than `$5`.
pub(super) const ERASE_EDITS: &str = "\
    UPDATE events e SET payload = '', tombstone = true
    WHERE e.bucket = $1 AND e.channel = $2 AND e.target = $3 AND e.kind = $4 AND e.seq <= $5";

/// Erases one event outside of any append. The channel is locked, so that an append that is under way either sees the
/// tombstone or was before it.
pub(super) const TOMBSTONE: &str = "\
    WITH held AS MATERIALIZED (SELECT c.id FROM channels c WHERE c.bucket = $1 AND c.id = $2 FOR UPDATE)
    UPDATE events e SET payload = '', tombstone = true FROM held
    WHERE e.bucket = $1 AND e.channel = $2 AND e.channel = held.id AND e.seq = $3";

/// What a lane prepares on each connection.
pub(super) const OF_LANES: &[&str] = &[
    LOCK,
    LOCK_NEW,
    ERASED,
    KEYS,
    WRITTEN,
    PAIRS,
    INSERT_EVENTS,
    INSERT_WORK,
    MOVE_HEADS,
    OWN_CURSORS,
    CREATE,
    UPDATE,
    SET_RULES,
    ARCHIVE,
    USE_INVITES,
    COUNT_ADDED,
    SET_ROLES,
    ADD_MEMBERS,
    COUNT_REMOVED,
    REMOVE_MEMBER,
    MUTE,
    BAN,
    UNBAN,
    MENTION,
    COUNT_MENTIONS,
    BROADCAST,
    ERASE,
    ERASE_EDITS,
];

/// A page, oldest first. A channel without such events is one row of NULLs, an unknown channel none at all.
pub(super) const PAGE_ASCENDING: &str = "\
    SELECT e.seq, e.ordinal, e.at, e.actor, e.key, e.kind, e.message, e.target, e.digest, e.tombstone, e.payload
    FROM channels c LEFT JOIN LATERAL (SELECT v.* FROM events v WHERE v.bucket = $1 AND v.channel = $2 AND v.seq > $3
      AND v.seq < $4 AND (v.message OR NOT $5) ORDER BY v.seq ASC LIMIT $6) e ON true
    WHERE c.bucket = $1 AND c.id = $2 ORDER BY e.seq ASC";

/// A page, newest first.
pub(super) const PAGE_DESCENDING: &str = "\
    SELECT e.seq, e.ordinal, e.at, e.actor, e.key, e.kind, e.message, e.target, e.digest, e.tombstone, e.payload
    FROM channels c LEFT JOIN LATERAL (SELECT v.* FROM events v WHERE v.bucket = $1 AND v.channel = $2 AND v.seq > $3
      AND v.seq < $4 AND (v.message OR NOT $5) ORDER BY v.seq DESC LIMIT $6) e ON true
    WHERE c.bucket = $1 AND c.id = $2 ORDER BY e.seq DESC";

/// One event.
pub(super) const ONE: &str = "\
    SELECT e.seq, e.ordinal, e.at, e.actor, e.key, e.kind, e.message, e.target, e.digest, e.tombstone, e.payload
    FROM channels c LEFT JOIN events e ON e.bucket = $1 AND e.channel = $2 AND e.seq = $3
    WHERE c.bucket = $1 AND c.id = $2";

/// The event of a sender's key.
pub(super) const BY_KEY: &str = "\
    SELECT e.seq, e.ordinal, e.at, e.actor, e.key, e.kind, e.message, e.target, e.digest, e.tombstone, e.payload
    FROM channels c LEFT JOIN events e ON e.bucket = $1 AND e.channel = $2 AND e.actor = $3 AND e.key = $4
    WHERE c.bucket = $1 AND c.id = $2";

/// Events that change any of a range. `OFFSET 0` keeps the limit out of the inner plan, which would otherwise walk the
/// channel instead of the index of targets.
pub(super) const AMENDMENTS: &str = "\
    SELECT e.seq, e.ordinal, e.at, e.actor, e.key, e.kind, e.message, e.target, e.digest, e.tombstone, e.payload
    FROM channels c LEFT JOIN LATERAL (SELECT v.* FROM events v WHERE v.bucket = $1 AND v.channel = $2
      AND v.target BETWEEN $3 AND $4 OFFSET 0) e ON true
    WHERE c.bucket = $1 AND c.id = $2 ORDER BY e.seq LIMIT $5";

/// Where channels stand.
pub(super) const HEADS: &str = "\
    SELECT c.id, c.head, c.ordinal, c.access_seq FROM unnest($1::int2[], $2::uuid[]) AS x(bucket, id)
    JOIN channels c ON c.bucket = x.bucket AND c.id = x.id";

/// The text of a lane's statement for one spread.
pub(super) fn text(sql: &'static str, spread: Spread) -> Cow<'static, str> {
    match spread {
        Spread::ByBucket if sql.contains("$1::int2[]") => sql
            .replace("$1::int2[], ", "")
            .replace("x(bucket, ", "x(")
            .replace("x.bucket", "$1::int2")
            .into(),
        _ => sql.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: [&str; 8] = [
        "channels",
        "events",
        "members",
        "bans",
        "mentions",
        "broadcasts",
        "invites",
        "work",
    ];
    const READS: [&str; 7] = [
        PAGE_ASCENDING,
        PAGE_DESCENDING,
        ONE,
        BY_KEY,
        AMENDMENTS,
        HEADS,
        TOMBSTONE,
    ];

    /// Why a statement does not say in which bucket each of its tables is read or written.
    fn unbucketed(sql: &str) -> Option<String> {
        let words: Vec<&str> = sql.split_whitespace().collect();
        for (place, word) in words.iter().enumerate().filter(|(_, word)| TABLES.contains(word)) {
            let before = words[place - 1];
            let alias = words[place + 1];
            let named = match before {
                "INTO" => alias.starts_with("(bucket"),
                "FROM" | "JOIN" | "UPDATE" => {
                    let from_input = format!("{alias}.bucket = x.bucket");
                    let given = format!("{alias}.bucket = $1");
                    sql.contains(&from_input) || sql.contains(&given)
                }
                _ => continue,
            };
            if !named {
                return Some(format!("{before} {word} {alias} without its bucket in: {sql}"));
            }
        }
        None
    }

    #[test]
    fn every_statement_names_the_bucket_of_each_table() {
        let all = OF_LANES.iter().chain(&READS).filter(|sql| **sql != PAIRS);
        for spread in [Spread::Whole, Spread::ByBucket] {
            let unnamed: Vec<_> = all
                .clone()
                .filter_map(|sql| unbucketed(&text(sql, spread)))
                .collect();
            assert_eq!(unnamed, Vec::<String>::new());
        }
        assert!(unbucketed(PAIRS).is_some(), "the check sees what is not named");
    }

    #[test]
    fn in_one_bucket_the_bucket_is_no_array() {
        for sql in OF_LANES {
            let sql = text(sql, Spread::ByBucket);
            assert!(!sql.contains("$1::int2[]") && !sql.contains("x.bucket"), "{sql}");
        }
    }
}
