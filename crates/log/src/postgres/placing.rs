//! What each append of a batch becomes, decided from what the locked channels say and nothing else.

use super::queue::Queued;
use crate::{Append, Change, Expect, LogError, NewChannel, Receipt};
use klatch_engine::EngineError;
use klatch_types::{ChannelId, ClientKey, Millis, Ordinal, Seq, SpaceId, UserId};
use std::collections::{HashMap, HashSet};

/// The columns of a channel's row that most appends change.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChannelHead {
    pub(super) seq: Seq,
    pub(super) ordinal: Ordinal,
    pub(super) broadcasts: Ordinal,
    pub(super) access_seq: Seq,
    pub(super) active_at: Millis,
    pub(super) last_message: Option<Seq>,
}

impl ChannelHead {
    fn new(at: Millis) -> Self {
        Self {
            seq: Seq::ZERO,
            ordinal: Ordinal(0),
            broadcasts: Ordinal(0),
            access_seq: Seq::ZERO,
            active_at: at,
            last_message: None,
        }
    }

    /// Where the channel stands after one more event.
    fn after(mut self, append: &Append) -> Self {
        self.seq = self.seq.next();
        if append.message {
            self.ordinal.0 += 1;
            self.active_at = append.at;
            self.last_message = Some(self.seq);
        }
        if append.changes.iter().any(Change::is_access) {
            self.access_seq = self.seq;
        }
        if append.changes.contains(&Change::MentionAll) {
            self.broadcasts.0 += 1;
        }
        self
    }
}

/// Whose key in which channel.
pub(super) type KeyOf = (ChannelId, UserId, ClientKey);

/// A pair in a space.
pub(super) type PairOf = (SpaceId, UserId, UserId);

/// What a key was used for.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) receipt: Receipt,
    pub(super) digest: u64,
}

/// What was read of the database for a batch, under its locks.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) heads: HashMap<ChannelId, ChannelHead>,
    /// Those targets of the batch that were erased.
    pub(super) erased: HashSet<(ChannelId, Seq)>,
    pub(super) pairs: HashMap<PairOf, ChannelId>,
    /// The batch's keys that were used before; none if that was not looked up.
    pub(super) keys: Option<HashMap<KeyOf, First>>,
}

/// What becomes of an append.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is the event at the head's position.
    Added(ChannelHead),
    /// Nothing is added: a duplicate's first receipt, or a refusal.
    Answered(Result<Receipt, LogError>),
}

/// The batch cannot be decided before its keys are looked up.
#[derive(Debug)]
pub(super) struct NeedsKeys;

/// The outcomes of a batch, in its order.
pub(super) fn place(batch: &[Queued], known: &Known) -> Result<Vec<Outcome>, NeedsKeys> {
    let mut placing = Placing {
        heads: known.heads.clone(),
        pairs: known.pairs.clone(),
        used: HashMap::new(),
        known,
    };
    batch
        .iter()
        .map(|queued| placing.outcome(&queued.append))
        .collect()
}

struct Placing<'a> {
    known: &'a Known,
    heads: HashMap<ChannelId, ChannelHead>,
    pairs: HashMap<PairOf, ChannelId>,
    /// Keys of this batch.
    used: HashMap<KeyOf, First>,
}

impl Placing<'_> {
    fn outcome(&mut self, append: &Append) -> Result<Outcome, NeedsKeys> {
        let before = self.heads.get(&append.channel).copied();
        if before.is_some()
            && let Some(first) = self.first(append)
        {
            return Ok(Outcome::Answered(if first.digest == append.digest {
                Ok(first.receipt)
            } else {
                Err(LogError::Conflict)
            }));
        }
        match self.start(append, before) {
            Ok(before) => Ok(Outcome::Added(self.add(append, before))),
            // The first receipt of a key comes before any refusal.
            Err(_) if before.is_some() && append.key.is_some() && self.known.keys.is_none() => Err(NeedsKeys),
            Err(refusal) => Ok(Outcome::Answered(Err(refusal))),
        }
    }

    fn first(&self, append: &Append) -> Option<First> {
        let key = (append.channel, append.actor, append.key?);
        let before = || self.known.keys.as_ref().and_then(|keys| keys.get(&key));
        self.used.get(&key).or_else(before).copied()
    }

    /// Where the channel stands before this append, or why it is refused.
    fn start(&mut self, append: &Append, before: Option<ChannelHead>) -> Result<ChannelHead, LogError> {
        let Some(head) = before else {
            return match append.expect {
                Expect::New => self.create(append),
                Expect::Exists | Expect::AccessAt(_) => Err(LogError::NotFound),
            };
        };
        match append.expect {
            Expect::New => return Err(LogError::Exists(append.channel)),
            Expect::AccessAt(checked) if head.access_seq > checked => {
                return Err(LogError::Stale {
                    access_seq: head.access_seq,
                });
            }
            Expect::AccessAt(_) | Expect::Exists => {}
        }
        match append.target {
            Some(target) if self.known.erased.contains(&(append.channel, target)) => Err(LogError::Gone),
            _ => Ok(head),
        }
    }

    fn create(&mut self, append: &Append) -> Result<ChannelHead, LogError> {
        let Some(new) = created(append) else {
            return Err(LogError::Engine(EngineError::Other(
                "a new channel without its making".into(),
            )));
        };
        if let Some((low, high)) = new.pair {
            let pair = (new.space, low, high);
            if let Some(existing) = self.pairs.get(&pair) {
                return Err(LogError::Exists(*existing));
            }
            self.pairs.insert(pair, append.channel);
        }
        Ok(ChannelHead::new(append.at))
    }

    fn add(&mut self, append: &Append, before: ChannelHead) -> ChannelHead {
        let head = before.after(append);
        self.heads.insert(append.channel, head);
        if let Some(key) = append.key {
            let receipt = Receipt {
                duplicate: true,
                ..receipt(append, &head)
            };
            let first = First {
                receipt,
                digest: append.digest,
            };
            self.used.insert((append.channel, append.actor, key), first);
        }
        head
    }
}

/// The channel that an append makes.
pub(super) fn created(append: &Append) -> Option<&NewChannel> {
    append.changes.iter().find_map(|change| match change {
        Change::Create(new) => Some(new),
        _ => None,
    })
}

/// The receipt of an append that became the event at the head's position.
pub(super) fn receipt(append: &Append, head: &ChannelHead) -> Receipt {
    Receipt {
        seq: head.seq,
        prev: head.seq.prev(),
        ordinal: head.ordinal,
        at: append.at,
        duplicate: false,
    }
}
