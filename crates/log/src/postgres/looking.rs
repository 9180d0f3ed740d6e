//! What is read for a batch, under the locks of its channels: the first of its two round trips.

use super::placing::{ChannelHead, First, KeyOf, Known, PairOf, created};
use super::queue::Queued;
use super::session::{Ask, buckets};
use super::statements;
use crate::{Append, Expect, Receipt};
use klatch_engine::EngineError;
use klatch_engine::postgres::{Spread, id, int, millis, opt_seq, ordinal, seq};
use klatch_types::{ChannelId, Seq};
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio_postgres::Row;

/// What a statement's rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Nothing,
    Pairs,
    Heads,
    Erased,
    Keys,
}

/// The statements that begin the transaction of a batch, and what they will say.
pub(super) struct Look<'a> {
    pub(super) asks: Vec<Ask<'a>>,
    about: Vec<About>,
}

impl Look<'_> {
    /// Asks for everything that the batch needs; for its keys only if `keys`.
    pub(super) fn new(batch: &[Queued], spread: Spread, keys: bool) -> Self {
        let mut look = Self {
            asks: Vec::new(),
            about: Vec::new(),
        };
        let pairs: Vec<PairOf> = appends(batch).filter_map(pair).collect();
        if !pairs.is_empty() {
            let spaces: Vec<_> = pairs.iter().map(|(space, ..)| space.0).collect();
            let lows: Vec<_> = pairs.iter().map(|(_, low, _)| low.0).collect();
            let highs: Vec<_> = pairs.iter().map(|(.., high)| high.0).collect();
            let values = vec![Box::new(spaces) as _, Box::new(lows) as _, Box::new(highs) as _];
            look.push(About::Pairs, Ask::new(statements::PAIRS, values));
        }
        for ask in lock(batch, spread) {
            look.push(About::Nothing, ask);
        }
        if let Some(about) = look.about.last_mut() {
            *about = About::Heads; // the rows are locked last
        }
        let targets: HashSet<(ChannelId, Seq)> = appends(batch)
            .filter_map(|append| append.target.map(|target| (append.channel, target)))
            .collect();
        if !targets.is_empty() {
            look.push(About::Erased, at_positions(statements::ERASED, targets, spread));
        }
        if keys {
            look.push(About::Keys, ask_keys(batch, spread));
        }
        look
    }

    fn push(&mut self, about: About, ask: Ask<'static>) {
        self.about.push(about);
        self.asks.push(ask);
    }

    /// What the rows say.
    pub(super) fn known(&self, answers: &[Vec<Row>]) -> Result<Known, EngineError> {
        let mut known = Known::default();
        for (about, rows) in self.about.iter().zip(answers) {
            match about {
                About::Nothing => {}
                About::Pairs => {
                    for row in rows {
                        let pair = (id(row, 0)?, id(row, 1)?, id(row, 2)?);
                        known.pairs.insert(pair, id(row, 3)?);
                    }
                }
                About::Heads => {
                    for row in rows {
                        known.heads.insert(id(row, 0)?, head(row)?);
                    }
                }
                About::Erased => {
                    for row in rows {
                        known.erased.insert((id(row, 0)?, seq(row, 1)?));
                    }
                }
                About::Keys => known.keys = Some(first_receipts(rows)?),
            }
        }
        Ok(known)
    }
}

fn appends(batch: &[Queued]) -> impl Iterator<Item = &Append> {
    batch.iter().map(|queued| &queued.append)
}

fn pair(append: &Append) -> Option<PairOf> {
    let new = created(append)?;
    new.pair.map(|(low, high)| (new.space, low, high))
}

/// Begins a transaction and locks the channels of a batch; the last statement answers where they stand. Channels that
/// the batch makes have no row to be locked, so that turns are taken by a number made of their ids.
pub(super) fn lock(batch: &[Queued], spread: Spread) -> Vec<Ask<'static>> {
    let mut asks = vec![Ask::plain("BEGIN")];
    let new: BTreeSet<i64> = appends(batch)
        .filter(|append| append.expect == Expect::New)
        .map(|append| append.channel.0.as_u64_pair().1.cast_signed())
        .collect();
    for number in new {
        asks.push(Ask::new(statements::LOCK_NEW, vec![Box::new(number)]));
    }
    let channels: HashSet<ChannelId> = appends(batch).map(|append| append.channel).collect();
    let of = channels.iter().map(ChannelId::bucket).collect();
    let ids: Vec<_> = channels.iter().map(|channel| channel.0).collect();
    asks.push(Ask::new(
        statements::LOCK,
        vec![buckets(spread, of), Box::new(ids)],
    ));
    asks
}

/// A statement about some positions of channels.
pub(super) fn at_positions(
    sql: &'static str,
    positions: impl IntoIterator<Item = (ChannelId, Seq)>,
    spread: Spread,
) -> Ask<'static> {
    let (channels, seqs): (Vec<ChannelId>, Vec<i64>) = positions
        .into_iter()
        .map(|(channel, seq)| (channel, int(seq.0)))
        .unzip();
    let of = channels.iter().map(ChannelId::bucket).collect();
    let channels: Vec<_> = channels.iter().map(|channel| channel.0).collect();
    Ask::new(sql, vec![buckets(spread, of), Box::new(channels), Box::new(seqs)])
}

/// Asks which keys of a batch were used before.
pub(super) fn ask_keys(batch: &[Queued], spread: Spread) -> Ask<'static> {
    let keys: HashSet<KeyOf> = appends(batch)
        .filter_map(|append| append.key.map(|key| (append.channel, append.actor, key)))
        .collect();
    let of = keys.iter().map(|(channel, ..)| channel.bucket()).collect();
    let channels: Vec<_> = keys.iter().map(|(channel, ..)| channel.0).collect();
    let actors: Vec<_> = keys.iter().map(|(_, actor, _)| actor.0).collect();
    let keys: Vec<_> = keys.iter().map(|(.., key)| key.0).collect();
    let values = vec![
        buckets(spread, of),
        Box::new(channels),
        Box::new(actors),
        Box::new(keys),
    ];
    Ask::new(statements::KEYS, values)
}

/// The first receipts that [`ask_keys`] was answered.
pub(super) fn first_receipts(rows: &[Row]) -> Result<HashMap<KeyOf, First>, EngineError> {
    let first = |row: &Row| {
        let first = seq(row, 3)?;
        let receipt = Receipt {
            seq: first,
            prev: first.prev(),
            ordinal: ordinal(row, 4)?,
            at: millis(row, 5)?,
            duplicate: true,
        };
        let digest = row.try_get::<_, i64>(6)?.cast_unsigned();
        Ok(((id(row, 0)?, id(row, 1)?, id(row, 2)?), First { receipt, digest }))
    };
    rows.iter().map(first).collect()
}

fn head(row: &Row) -> Result<ChannelHead, EngineError> {
    Ok(ChannelHead {
        seq: seq(row, 1)?,
        ordinal: ordinal(row, 2)?,
        broadcasts: ordinal(row, 3)?,
        access_seq: seq(row, 4)?,
        active_at: millis(row, 5)?,
        last_message: opt_seq(row, 6)?,
    })
}
