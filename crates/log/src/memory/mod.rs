//! The log in memory, over the tables that the directory in memory shares: for tests, demos, and as the plain
//! statement of what the SQL must do.

mod changes;

use crate::{
    Append, Change, ChannelLog, CommitFeed, Committed, Done, EventRow, Expect, Head, LogError, Order,
    ReadPage, Receipt,
};
use async_trait::async_trait;
use klatch_engine::EngineError;
use klatch_engine::memory::{ChannelTable, SharedTables, Tables};
use klatch_engine::row::{WorkId, WorkRow};
use klatch_types::{ChannelId, ClientKey, Entropy, Seq, UserId, limits};

/// Logs in shared tables.
#[derive(Clone, Debug)]
pub struct MemoryLog {
    tables: SharedTables,
    feed: CommitFeed,
    epoch: String,
}

/// What became of an append.
enum Outcome {
    Added { event: EventRow, receipt: Receipt },
    Answered(Receipt),
}

impl MemoryLog {
    /// A log in these tables, whose commits go to `feed`. Its epoch is new each time: nothing outlives it.
    pub fn new(tables: SharedTables, feed: CommitFeed, entropy: &dyn Entropy) -> Self {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        Self {
            tables,
            feed,
            epoch: format!("{:016x}", u64::from_be_bytes(random)),
        }
    }

    fn in_channel<T>(&self, channel: ChannelId, f: impl FnOnce(&ChannelTable) -> T) -> Result<T, LogError> {
        self.tables
            .read()
            .channels
            .get(&channel)
            .map(f)
            .ok_or(LogError::NotFound)
    }
}

#[async_trait]
impl ChannelLog for MemoryLog {
    fn append(&self, append: Append, done: Done) {
        // The feed is passed to under the lock: its order is the order of the log.
        let mut tables = self.tables.write();
        let access = append.changes.iter().any(Change::is_access);
        match place(&mut tables, append) {
            Ok(Outcome::Added { event, receipt }) => {
                self.feed.pass(vec![Committed {
                    event,
                    access,
                    receipt,
                    done,
                }]);
            }
            Ok(Outcome::Answered(receipt)) => drop(done.send(Ok(receipt))),
            Err(refusal) => drop(done.send(Err(refusal))),
        }
    }

    async fn read(&self, channel: ChannelId, page: ReadPage) -> Result<Vec<EventRow>, LogError> {
        self.in_channel(channel, |table| {
            let limit = page.limit.min(limits::PAGE_MAX + 1) as usize;
            let wanted = table.events.iter().filter(|event| {
                event.seq > page.after
                    && page.before.is_none_or(|before| event.seq < before)
                    && (event.message || !page.messages_only)
            });
            match page.order {
                Order::Ascending => wanted.take(limit).cloned().collect(),
                Order::Descending => wanted.rev().take(limit).cloned().collect(),
            }
        })
    }

    async fn get(&self, channel: ChannelId, seq: Seq) -> Result<Option<EventRow>, LogError> {
        self.in_channel(channel, |table| {
            index(seq).and_then(|index| table.events.get(index)).cloned()
        })
    }

    async fn amendments(
        &self,
        channel: ChannelId,
        first: Seq,
        last: Seq,
        limit: u32,
    ) -> Result<Vec<EventRow>, LogError> {
        self.in_channel(channel, |table| {
            let mut seqs: Vec<Seq> = table
                .amendments
                .keys()
                .filter(|(target, _)| (first..=last).contains(target))
                .map(|(_, seq)| *seq)
                .collect();
            seqs.sort_unstable();
            let events = seqs.into_iter().take(limit as usize).filter_map(index);
            events
                .filter_map(|index| table.events.get(index))
                .cloned()
                .collect()
        })
    }

    async fn find(
        &self,
        channel: ChannelId,
        actor: UserId,
        key: ClientKey,
    ) -> Result<Option<EventRow>, LogError> {
        self.in_channel(channel, |table| first_event(table, actor, Some(key)).cloned())
    }

    async fn heads(&self, channels: &[ChannelId]) -> Result<Vec<Option<Head>>, LogError> {
        let tables = self.tables.read();
        let head = |table: &ChannelTable| Head {
            seq: table.row.head,
            ordinal: table.row.ordinal,
            access_seq: table.row.access_seq,
        };
        Ok(channels
            .iter()
            .map(|channel| tables.channels.get(channel).map(head))
            .collect())
    }

    async fn tombstone(&self, channel: ChannelId, seq: Seq) -> Result<(), LogError> {
        let mut tables = self.tables.write();
        let table = tables.channels.get_mut(&channel).ok_or(LogError::NotFound)?;
        let event = index(seq)
            .and_then(|index| table.events.get_mut(index))
            .ok_or(LogError::NotFound)?;
        changes::erase(event);
        Ok(())
    }

    fn epoch(&self) -> &str {
        &self.epoch
    }
}

/// Where a position stands in the table.
fn index(seq: Seq) -> Option<usize> {
    usize::try_from(seq.0.checked_sub(1)?).ok()
}

fn first_event(table: &ChannelTable, actor: UserId, key: Option<ClientKey>) -> Option<&EventRow> {
    let seq = table.keys.get(&(actor, key?))?;
    index(*seq).and_then(|index| table.events.get(index))
}

/// Finds the append's place and puts it there, or says why not and changes nothing.
fn place(tables: &mut Tables, mut append: Append) -> Result<Outcome, LogError> {
    if let Some(table) = tables.channels.get(&append.channel) {
        if let Some(first) = first_event(table, append.actor, append.key) {
            return if first.digest == append.digest {
                Ok(Outcome::Answered(receipt(first, true)))
            } else {
                Err(LogError::Conflict)
            };
        }
        match append.expect {
            Expect::New => return Err(LogError::Exists(append.channel)),
            Expect::AccessAt(checked) if table.row.access_seq > checked => {
                return Err(LogError::Stale {
                    access_seq: table.row.access_seq,
                });
            }
            Expect::AccessAt(_) | Expect::Exists => {}
        }
        let target = append
            .target
            .and_then(index)
            .and_then(|index| table.events.get(index));
        if target.is_some_and(|target| target.tombstone) {
            return Err(LogError::Gone);
        }
    } else if append.expect == Expect::New {
        changes::create(tables, &append)?;
    } else {
        return Err(LogError::NotFound);
    }
    let Tables {
        channels,
        invites,
        work,
        ..
    } = tables;
    let table = channels.get_mut(&append.channel).ok_or(LogError::NotFound)?;
    let wanted = std::mem::take(&mut append.work);
    let event = add(table, append, |invite| {
        if let Some(invite) = invites.get_mut(&invite) {
            invite.uses += 1;
        }
    });
    for (place, new) in (0..=u8::MAX).zip(wanted) {
        let id = WorkId {
            channel: event.channel,
            seq: event.seq,
            place,
        };
        let row = WorkRow {
            id,
            kind: new.kind,
            attempts: 0,
            due_at: new.due_at,
            payload: new.payload,
        };
        work.insert(id, row);
    }
    let receipt = receipt(&event, false);
    Ok(Outcome::Added { event, receipt })
}

fn add(
    table: &mut ChannelTable,
    mut append: Append,
    mut use_invite: impl FnMut(klatch_types::InviteId),
) -> EventRow {
    let seq = table.row.head.next();
    table.row.head = seq;
    if append.message {
        table.row.ordinal.0 += 1;
        table.row.active_at = append.at;
        table.row.last_message = Some(seq);
    }
    let changes = std::mem::take(&mut append.changes);
    let event = append.into_event(seq, table.row.ordinal);
    table.events.push(event.clone());
    if let Some(key) = event.key {
        table.keys.insert((event.actor, key), seq);
    }
    if let Some(target) = event.target {
        table.amendments.insert((target, seq), ());
    }
    for change in changes {
        if change.is_access() {
            table.row.access_seq = seq;
        }
        changes::apply(table, event.at, change, &mut use_invite);
    }
    if event.message {
        changes::own_cursor(table, event.actor);
    }
    event
}

fn receipt(event: &EventRow, duplicate: bool) -> Receipt {
    Receipt {
        seq: event.seq,
        prev: event.seq.prev(),
        ordinal: event.ordinal,
        at: event.at,
        duplicate,
    }
}

/// The answer that SQLite would give.
fn malformed() -> LogError {
    LogError::Engine(EngineError::Other("a new channel without its making".into()))
}
