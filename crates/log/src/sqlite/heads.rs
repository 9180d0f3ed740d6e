//! Where each channel stands, kept in memory by the only writer, and what a batch still has to write of it.

use klatch_engine::EngineError;
use klatch_engine::sqlite::{int, millis, opt_seq, ordinal, seq};
use klatch_types::{ChannelId, Millis, Ordinal, Seq, UserId, limits};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::HashMap;

/// The columns of a channel's row that most appends change.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChannelHead {
    /// `channels.no`.
    pub(super) no: i64,
    pub(super) seq: Seq,
    pub(super) ordinal: Ordinal,
    pub(super) broadcasts: Ordinal,
    pub(super) access_seq: Seq,
    pub(super) active_at: Millis,
    pub(super) last_message: Option<Seq>,
    /// Whether it differs from the row.
    dirty: bool,
}

impl ChannelHead {
    /// The head of a channel that was just made.
    pub(super) fn new(no: i64, at: Millis) -> Self {
        Self {
            no,
            seq: Seq::ZERO,
            ordinal: Ordinal(0),
            broadcasts: Ordinal(0),
            access_seq: Seq::ZERO,
            active_at: at,
            last_message: None,
            dirty: false,
        }
    }
}

/// Where a sender's own message put their cursor.
#[derive(Clone, Copy, Debug)]
struct OwnCursor {
    seq: Seq,
    ordinal: Ordinal,
    broadcasts: Ordinal,
}

/// Heads, and what the current batch changed.
#[derive(Debug, Default)]
pub(super) struct Heads {
    known: HashMap<ChannelId, ChannelHead>,
    dirty: Vec<ChannelId>,
    own_cursors: HashMap<(i64, UserId), OwnCursor>,
}

impl Heads {
    /// The head of a channel, from memory or the database.
    pub(super) fn get(
        &mut self,
        transaction: &Connection,
        channel: ChannelId,
    ) -> Result<Option<ChannelHead>, EngineError> {
        if let Some(head) = self.known.get(&channel) {
            return Ok(Some(*head));
        }
        let head = load(transaction, channel)?;
        if let Some(head) = head {
            self.known.insert(channel, head);
        }
        Ok(head)
    }

    /// Remembers a head that an append moved.
    pub(super) fn put(&mut self, channel: ChannelId, head: ChannelHead) {
        let known = self.known.entry(channel).or_insert(head);
        let was_dirty = known.dirty;
        *known = ChannelHead { dirty: true, ..head };
        if !was_dirty {
            self.dirty.push(channel);
        }
    }

    /// Remembers that a sender has read up to their own message.
    pub(super) fn own_cursor(&mut self, user: UserId, head: &ChannelHead) {
        let cursor = OwnCursor {
            seq: head.seq,
            ordinal: head.ordinal,
            broadcasts: head.broadcasts,
        };
        self.own_cursors.insert((head.no, user), cursor);
    }

    /// Writes each changed row once, in the order of the table's key.
    pub(super) fn flush(&mut self, transaction: &Connection) -> Result<(), EngineError> {
        let mut heads: Vec<ChannelHead> = Vec::with_capacity(self.dirty.len());
        for channel in self.dirty.drain(..) {
            let head = self.known.get_mut(&channel).expect("a changed head is known");
            head.dirty = false;
            heads.push(*head);
        }
        heads.sort_unstable_by_key(|head| head.no);
        let mut update = transaction.prepare_cached(
            "UPDATE channels SET head = ?2, ordinal = ?3, broadcasts = ?4, access_seq = ?5, active_at = ?6,
               last_message = ?7 WHERE no = ?1",
        )?;
        for head in heads {
            update.execute(params![
                head.no,
                int(head.seq.0),
                int(head.ordinal.0),
                int(head.broadcasts.0),
                int(head.access_seq.0),
                head.active_at.0,
                head.last_message.map(|seq| int(seq.0)),
            ])?;
        }
        drop(update);
        self.flush_own_cursors(transaction)
    }

    fn flush_own_cursors(&mut self, transaction: &Connection) -> Result<(), EngineError> {
        let mut cursors: Vec<_> = self.own_cursors.drain().collect();
        cursors.sort_unstable_by_key(|(member, _)| *member);
        // Someone who left and came back in this batch starts further on: `read <= ?3` leaves them there. Someone who
        // came with this very event starts at it, and has read its mentions all the same.
        let mut update = transaction.prepare_cached(
            "UPDATE members SET read = ?3, read_ordinal = ?4, read_broadcasts = ?5, received = max(received, ?3),
               read_mentions = CASE mentions WHEN 0 THEN 0 ELSE ifnull((SELECT x.ordinal FROM mentions x
                 WHERE x.channel = ?1 AND x.user = ?2 AND x.seq <= ?3 ORDER BY x.seq DESC LIMIT 1), 0) END
             WHERE channel = ?1 AND user = ?2 AND read <= ?3",
        )?;
        for ((no, user), cursor) in cursors {
            update.execute(params![
                no,
                user.as_bytes(),
                int(cursor.seq.0),
                int(cursor.ordinal.0),
                int(cursor.broadcasts.0)
            ])?;
        }
        Ok(())
    }

    /// After a commit: what is remembered stays within its bound.
    pub(super) fn trim(&mut self) {
        if self.known.len() > limits::HEADS_CACHED_MAX {
            self.known.clear();
        }
    }

    /// After a rollback: what is remembered may never have been.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.dirty.clear();
        self.own_cursors.clear();
    }
}

fn load(transaction: &Connection, channel: ChannelId) -> Result<Option<ChannelHead>, EngineError> {
    let mut query = transaction.prepare_cached(
        "SELECT no, head, ordinal, broadcasts, access_seq, active_at, last_message FROM channels WHERE id = ?1",
    )?;
    let head = query.query_row([channel.as_bytes()], |row| {
        Ok(ChannelHead {
            no: row.get(0)?,
            seq: seq(row, 1)?,
            ordinal: ordinal(row, 2)?,
            broadcasts: ordinal(row, 3)?,
            access_seq: seq(row, 4)?,
            active_at: millis(row, 5)?,
            last_message: opt_seq(row, 6)?,
            dirty: false,
        })
    });
    Ok(head.optional()?)
}
