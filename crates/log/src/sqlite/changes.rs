//! Changes of projected rows, inside the transaction of their event.

use super::heads::ChannelHead;
use crate::{Change, LogError, NewChannel};
use klatch_engine::EngineError;
use klatch_engine::row::BanRow;
use klatch_engine::sqlite::{code, id, int};
use klatch_types::{ChannelId, InviteId, Millis, Role, Rules, UserId};
use rusqlite::{Connection, OptionalExtension as _, params};

/// Makes a channel row; answers its head. `Exists` if the pair has a channel already.
pub(super) fn create(
    transaction: &Connection,
    channel: ChannelId,
    new: &NewChannel,
    at: Millis,
) -> Result<ChannelHead, LogError> {
    if let Some((low, high)) = new.pair
        && let Some(existing) = of_pair(transaction, new, low, high)?
    {
        return Err(LogError::Exists(existing));
    }
    let (low, high) = new.pair.unzip();
    let mut insert = transaction
        .prepare_cached(
            "INSERT INTO channels (id, space, kind, visibility, name, topic, pair_low, pair_high, created_at, head,
               ordinal, broadcasts, access_seq, members, active_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0, 0, 0, 0, ?9)",
        )
        .map_err(EngineError::from)?;
    let no = insert.insert(params![
        channel.as_bytes(),
        new.space.as_bytes(),
        code(new.kind.code()),
        code(new.visibility.code()),
        new.name,
        new.topic.as_deref().filter(|topic| !topic.is_empty()),
        low.as_ref().map(UserId::as_bytes),
        high.as_ref().map(UserId::as_bytes),
        at.0,
    ]);
    Ok(ChannelHead::new(no.map_err(EngineError::from)?, at))
}

fn of_pair(
    transaction: &Connection,
    new: &NewChannel,
    low: UserId,
    high: UserId,
) -> Result<Option<ChannelId>, EngineError> {
    let mut query = transaction
        .prepare_cached("SELECT id FROM channels WHERE space = ?1 AND pair_low = ?2 AND pair_high = ?3")?;
    let pair = params![new.space.as_bytes(), low.as_bytes(), high.as_bytes()];
    Ok(query.query_row(pair, |row| id(row, 0)).optional()?)
}

/// Applies the changes of the event at `head.seq` in order. `head` already counts the event itself.
pub(super) fn apply(
    transaction: &Connection,
    head: &mut ChannelHead,
    at: Millis,
    changes: &[Change],
) -> Result<(), EngineError> {
    let mut members = 0;
    for change in changes {
        match change {
            Change::Create(_) => {} // made before its first event
            Change::Update { .. } => update(transaction, head.no, change)?,
            Change::Rules(rules) => {
                execute(
                    transaction,
                    "UPDATE channels SET rules = ?2 WHERE no = ?1",
                    params![head.no, rules_text(rules)],
                )?;
            }
            Change::Archive => {
                execute(
                    transaction,
                    "UPDATE channels SET archived_at = ?2 WHERE no = ?1",
                    params![head.no, at.0],
                )?;
            }
            Change::MemberPut {
                user,
                role,
                sees_history,
                invite,
            } => {
                members += member_put(transaction, head, at, *user, *role, *sees_history, *invite)?;
            }
            Change::MemberRemove { user } => {
                let sql = "DELETE FROM members WHERE channel = ?1 AND user = ?2";
                members -= count(execute(transaction, sql, params![head.no, user.as_bytes()])?);
            }
            Change::MemberRole { user, role } => {
                let sql = "UPDATE members SET role = ?3 WHERE channel = ?1 AND user = ?2";
                execute(
                    transaction,
                    sql,
                    params![head.no, user.as_bytes(), code(role.code())],
                )?;
            }
            Change::MemberMute { user, until } => {
                let sql = "UPDATE members SET muted_until = ?3 WHERE channel = ?1 AND user = ?2";
                execute(
                    transaction,
                    sql,
                    params![head.no, user.as_bytes(), until.map(|until| until.0)],
                )?;
            }
            Change::BanPut(ban) => ban_put(transaction, head.no, ban)?,
            Change::BanRemove { user } => {
                let sql = "DELETE FROM bans WHERE channel = ?1 AND user = ?2";
                execute(transaction, sql, params![head.no, user.as_bytes()])?;
            }
            Change::Mention { users } => mention(transaction, head, users)?,
            Change::MentionAll => mention_all(transaction, head)?,
            Change::Erase { target, edit_kind } => {
                erase(transaction, head.no, int(target.0))?;
                let sql = "UPDATE events INDEXED BY events_target SET payload = x'', tombstone = 1
                           WHERE channel = ?1 AND target = ?2 AND kind = ?3";
                execute(
                    transaction,
                    sql,
                    params![head.no, int(target.0), code(*edit_kind)],
                )?;
            }
        }
        if change.is_access() {
            head.access_seq = head.seq;
        }
    }
    if members != 0 {
        let sql = "UPDATE channels SET members = members + ?2 WHERE no = ?1";
        execute(transaction, sql, params![head.no, members])?;
    }
    Ok(())
}

/// Empties the payload of one event; how many there were (0 or 1).
pub(super) fn erase(transaction: &Connection, no: i64, seq: i64) -> Result<usize, EngineError> {
    let sql = "UPDATE events SET payload = x'', tombstone = 1 WHERE channel = ?1 AND seq = ?2";
    execute(transaction, sql, params![no, seq])
}

fn execute(transaction: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<usize, EngineError> {
    Ok(transaction.prepare_cached(sql)?.execute(params)?)
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

fn update(transaction: &Connection, no: i64, change: &Change) -> Result<(), EngineError> {
    let Change::Update {
        name,
        topic,
        visibility,
    } = change
    else {
        return Ok(());
    };
    if let Some(name) = name {
        execute(
            transaction,
            "UPDATE channels SET name = ?2 WHERE no = ?1",
            params![no, name],
        )?;
    }
    if let Some(topic) = topic {
        let topic = Some(topic).filter(|topic| !topic.is_empty());
        execute(
            transaction,
            "UPDATE channels SET topic = ?2 WHERE no = ?1",
            params![no, topic],
        )?;
    }
    if let Some(visibility) = visibility {
        let sql = "UPDATE channels SET visibility = ?2 WHERE no = ?1";
        execute(transaction, sql, params![no, code(visibility.code())])?;
    }
    Ok(())
}

/// What the column of rules keeps: nothing for a channel without rules of its own.
fn rules_text(rules: &Rules) -> Option<String> {
    (*rules != Rules::default()).then(|| rules.to_json())
}

/// Adds a member, or gives one that is there the role and nothing else; how many were added.
fn member_put(
    transaction: &Connection,
    head: &ChannelHead,
    at: Millis,
    user: UserId,
    role: Role,
    sees_history: bool,
    invite: Option<InviteId>,
) -> Result<i64, EngineError> {
    let visible_after = if sees_history { 0 } else { int(head.seq.prev().0) };
    // Mentions of an earlier membership are still counted in their rows: the running count goes on from there.
    let added = execute(
        transaction,
        "INSERT INTO members SELECT ?1, ?2, ?3, ?4, ?5, NULL, ?6, ?7, ?8, ?6, m.count, m.count
           FROM (SELECT ifnull(max(ordinal), 0) AS count FROM mentions WHERE channel = ?1 AND user = ?2) m
           WHERE true ON CONFLICT DO NOTHING",
        params![
            head.no,
            user.as_bytes(),
            code(role.code()),
            at.0,
            visible_after,
            int(head.seq.0),
            int(head.ordinal.0),
            int(head.broadcasts.0)
        ],
    )?;
    if added == 0 {
        let sql = "UPDATE members SET role = ?3 WHERE channel = ?1 AND user = ?2";
        execute(
            transaction,
            sql,
            params![head.no, user.as_bytes(), code(role.code())],
        )?;
    } else if let Some(invite) = invite {
        execute(
            transaction,
            "UPDATE invites SET uses = uses + 1 WHERE id = ?1",
            [invite.as_bytes()],
        )?;
    }
    Ok(count(added))
}

fn ban_put(transaction: &Connection, no: i64, ban: &BanRow) -> Result<(), EngineError> {
    let sql = "INSERT OR REPLACE INTO bans VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![
        no,
        ban.user.as_bytes(),
        ban.by.as_bytes(),
        ban.at.0,
        ban.until.0,
        ban.reason
    ];
    execute(transaction, sql, values)?;
    Ok(())
}

/// Counts a mention of each member among `users`, once however often they are named.
fn mention(transaction: &Connection, head: &ChannelHead, users: &[UserId]) -> Result<(), EngineError> {
    for user in users {
        let sql = "INSERT INTO mentions SELECT channel, user, ?3, mentions + 1 FROM members
                   WHERE channel = ?1 AND user = ?2 ON CONFLICT DO NOTHING";
        if execute(
            transaction,
            sql,
            params![head.no, user.as_bytes(), int(head.seq.0)],
        )? > 0
        {
            let sql = "UPDATE members SET mentions = mentions + 1 WHERE channel = ?1 AND user = ?2";
            execute(transaction, sql, params![head.no, user.as_bytes()])?;
        }
    }
    Ok(())
}

/// Counts a mention of everyone, once however often the event says so.
fn mention_all(transaction: &Connection, head: &mut ChannelHead) -> Result<(), EngineError> {
    let sql = "INSERT INTO broadcasts VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let count = head.broadcasts.0 + 1;
    if execute(transaction, sql, params![head.no, int(head.seq.0), int(count)])? > 0 {
        head.broadcasts.0 = count;
    }
    Ok(())
}
