//! Ranges of a channel's log with both ends: once the log has passed its end, a range is the same for everyone who may see
//! it, and does not change but when something in it is erased. Who pulls what thousands of others pull gets what was read
//! and encoded for the first of them.

use crate::{Actor, ChannelError, Channels};
use bytes::Bytes;
use klatch_fanout::Frame;
use klatch_protocol::{codec, view};
use klatch_types::{ChannelId, Millis, Seq, limits};
use memchr::memmem::Finder;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The channel.
    pub channel: ChannelId,
    /// Events above this position.
    pub after: Seq,
    /// Events up to this position.
    pub until: Seq,
    /// At most so many.
    pub limit: u32,
    /// The epoch that the positions are from, if it is known.
    pub epoch: Option<String>,
}

/// Encoded events of a range. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// A [`view::Events`] in JSON.
    pub json: Bytes,
    /// An entity tag of just these bytes, in quotes (RFC 9110 section 8.8.3). None while the log has not passed the end.
    pub tag: Option<String>,
}

impl Range {
    fn of(page: &view::Events, is_closed: bool) -> Self {
        let json = Bytes::from(codec::write(page));
        let tag = is_closed.then(|| tag_of(&json));
        Self { json, tag }
    }

    /// The events, for those who do not pass the bytes on.
    pub fn page(&self) -> view::Events {
        serde_json::from_slice(&self.json).expect("what was encoded here can be decoded")
    }
}

/// Bytes of a digest that make a tag.
const TAG_BYTES: usize = 16;

fn tag_of(json: &[u8]) -> String {
    let mut tag = String::from("\"");
    for byte in &Sha256::digest(json)[..TAG_BYTES] {
        write!(tag, "{byte:02x}").expect("a String takes everything");
    }
    tag.push('"');
    tag
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    channel: ChannelId,
    after: Seq,
    until: Seq,
    limit: u32,
}

#[derive(Clone)]
struct Kept {
    range: Range,
    read_at: Millis,
    /// [`Ranges::erasures_of`] the channel, before the range was read.
    erasures: u64,
}

#[derive(Clone)]
struct Bytewise;

/// What a kept range takes beside its bytes, about.
const ENTRY_BYTES: u64 = 256;

impl Weighter<Key, Kept> for Bytewise {
    fn weight(&self, _key: &Key, kept: &Kept) -> u64 {
        kept.range.json.len() as u64 + ENTRY_BYTES
    }
}

/// Counters of erasures; channels share them by a hash of their ids.
const ERASURE_COUNTERS: usize = 256;
/// Ranges that the cache is made for; it grows.
const RANGES_EXPECTED: usize = 1_024;
/// How an event that erases begins to say so. No text can hold it: quotes in it are escaped.
const ERASES: &[u8] = br#""type":"message.deleted""#;

/// Ranges that were read a moment ago.
pub(crate) struct Ranges {
    kept: Cache<Key, Kept, Bytewise>,
    erasures: Box<[AtomicU64]>,
    erases: Finder<'static>,
}

impl Default for Ranges {
    fn default() -> Self {
        Self {
            kept: Cache::with_weighter(RANGES_EXPECTED, limits::RANGES_KEPT_BYTES_MAX, Bytewise),
            erasures: (0..ERASURE_COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            erases: Finder::new(ERASES),
        }
    }
}

impl Ranges {
    /// Something in the channel was erased, or may have been: what was read before is not given out any more.
    pub(crate) fn erased(&self, channel: ChannelId) {
        self.counter(channel).fetch_add(1, Ordering::SeqCst);
    }

    /// Events of a channel have come, from this node or another.
    pub(crate) fn heard(&self, channel: ChannelId, frame: &Frame) {
        if self.erases.find(frame.wire()).is_some() {
            self.erased(channel);
        }
    }

    fn erasures_of(&self, channel: ChannelId) -> u64 {
        self.counter(channel).load(Ordering::SeqCst)
    }

    fn counter(&self, channel: ChannelId) -> &AtomicU64 {
        let last = channel.as_bytes().last().copied().unwrap_or_default();
        &self.erasures[usize::from(last) % ERASURE_COUNTERS]
    }

    fn is_current(&self, kept: &Kept, channel: ChannelId, now: Millis) -> bool {
        kept.erasures == self.erasures_of(channel)
            && kept.read_at <= now
            && now.since(kept.read_at) < limits::RANGES_KEPT_FOR
    }
}

impl Channels {
    /// A range of raw events, encoded.
    ///
    /// # Errors
    /// Those of [`Self::events`].
    pub async fn range(&self, actor: &Actor, asked: &Asked) -> Result<Range, ChannelError> {
        let floor = self.floor(actor, asked.channel).await?;
        let epoch = self.parts.log.epoch();
        if asked.epoch.as_deref().is_some_and(|theirs| theirs != epoch) {
            return Err(ChannelError::Resync);
        }
        let key = Key {
            channel: asked.channel,
            after: asked.after.max(floor),
            until: asked.until,
            limit: asked.limit,
        };
        // Whether something was erased is known only of channels whose events come by themselves.
        if !self.parts.peers.hears(asked.channel) || asked.after >= asked.until {
            return self.read_range(&key, asked.after).await;
        }
        loop {
            match self.ranges.kept.get_value_or_guard_async(&key).await {
                Ok(kept) if self.ranges.is_current(&kept, key.channel, self.now()) => return Ok(kept.range),
                Ok(old) => {
                    let is_old = |kept: &Kept| kept.erasures == old.erasures && kept.read_at == old.read_at;
                    self.ranges.kept.remove_if(&key, is_old);
                }
                Err(first) => {
                    let (erasures, read_at) = (self.ranges.erasures_of(key.channel), self.now());
                    let range = self.read_range(&key, asked.after).await?;
                    metrics::counter!("klatch_ranges_read_total").increment(1);
                    if range.tag.is_some() {
                        let kept = Kept {
                            range: range.clone(),
                            read_at,
                            erasures,
                        };
                        // Where it finds no place, the next one reads again.
                        let _ = first.insert(kept);
                    }
                    return Ok(range);
                }
            }
        }
    }

    /// Reads a range from the log. `named` is the position that was asked for, before what is not visible was left out.
    async fn read_range(&self, key: &Key, named: Seq) -> Result<Range, ChannelError> {
        let head = self.head(key.channel).await?;
        if named > head {
            return Err(ChannelError::Resync);
        }
        let is_closed = key.until <= head;
        let last = key.until.min(head);
        let wanted = last.0.saturating_sub(key.after.0);
        let limit = u32::try_from(wanted).unwrap_or(u32::MAX).min(key.limit);
        let (mut events, mut read) = (Vec::new(), 0);
        while read < limit && (read == 0 || codec::write(&events).len() < limits::RANGE_BYTES) {
            let (after, count) = (
                Seq(key.after.0 + u64::from(read)),
                (limit - read).min(limits::PAGE_MAX),
            );
            events.extend(self.events_after(key.channel, after, count).await?);
            read += count;
        }
        let page = view::Events {
            events,
            more: wanted > u64::from(read),
            head: if is_closed { key.until } else { head },
            epoch: self.parts.log.epoch().to_owned(),
        };
        Ok(Range::of(&page, is_closed))
    }
}
