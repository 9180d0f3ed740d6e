//! Slow mode: a member sends, and then not for a while. Who sent when is known from the log, of which a node reads what is
//! new to it before it lets a message of such a channel through; what it lets through itself it knows at once. Two nodes
//! can so let one through each only within the time that a commit takes.

use crate::{Actor, ChannelError, Channels};
use klatch_log::{Order, ReadPage};
use klatch_types::{ChannelId, ClientKey, Millis, Seq, UserId, UserKind, limits};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Of whom to remember no more what is too old to matter.
const REMEMBERED_MAX: usize = 4_096;

/// A message of someone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Last {
    at: Millis,
    key: Option<ClientKey>,
}

/// Who sent when in one channel.
#[derive(Debug, Default)]
struct Senders {
    last: HashMap<UserId, Last>,
    /// Up to which position the log is in it.
    read_to: Option<Seq>,
}

/// The channels in slow mode that this node had to do with.
pub(crate) struct SlowChannels(Cache<ChannelId, Arc<Mutex<Senders>>>);

impl Default for SlowChannels {
    fn default() -> Self {
        Self(Cache::new(limits::SLOW_MODE_CHANNELS_MAX))
    }
}

impl SlowChannels {
    fn of(&self, channel: ChannelId) -> Arc<Mutex<Senders>> {
        self.0.get(&channel).unwrap_or_else(|| {
            let fresh = Arc::<Mutex<Senders>>::default();
            self.0.insert(channel, Arc::clone(&fresh));
            fresh
        })
    }
}

impl Senders {
    /// How long `user` still waits. A repetition of their last message need not.
    fn wait_of(&self, user: UserId, key: ClientKey, now: Millis, pause: Duration) -> Option<Duration> {
        let last = self.last.get(&user).filter(|last| last.key != Some(key))?;
        // Either way: a clock that was set back silences nobody for longer than the pause.
        let since = Duration::from_millis(now.0.abs_diff(last.at.0));
        pause.checked_sub(since).filter(|wait| !wait.is_zero())
    }

    fn note(&mut self, user: UserId, last: Last, now: Millis) {
        if self.last.len() >= REMEMBERED_MAX {
            let longest = Duration::from_secs(limits::SLOW_MODE_S_MAX.into());
            self.last.retain(|_, last| now.since(last.at) < longest);
        }
        let known = self.last.entry(user).or_insert(last);
        if known.at <= last.at {
            *known = last;
        }
    }
}

/// The leave to send one message in a channel in slow mode.
pub(crate) struct Leave {
    senders: Arc<Mutex<Senders>>,
    user: UserId,
    key: ClientKey,
}

impl Leave {
    /// Takes it, unless the sender has to wait. Taking it again is nothing new.
    pub(crate) fn take(&self, now: Millis, pause: Duration) -> Result<(), ChannelError> {
        let mut senders = self.senders.lock();
        if let Some(wait) = senders.wait_of(self.user, self.key, now, pause) {
            return Err(ChannelError::SlowMode(wait));
        }
        let last = Last {
            at: now,
            key: Some(self.key),
        };
        let known = senders.last.entry(self.user).or_insert(last);
        if known.key != last.key {
            *known = last;
        }
        Ok(())
    }

    /// Gives it back: the message was not sent. If it was after all, the log tells.
    pub(crate) fn give_back(&self) {
        let mut senders = self.senders.lock();
        if senders
            .last
            .get(&self.user)
            .is_some_and(|last| last.key == Some(self.key))
        {
            senders.last.remove(&self.user);
            senders.read_to = None;
        }
    }
}

impl Channels {
    /// What a message of the actor needs where they have to wait between two; nothing elsewhere.
    pub(crate) async fn leave_to_send(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: ClientKey,
    ) -> Result<Option<Leave>, ChannelError> {
        let pause = {
            let state = self.state_to_append(channel).await?;
            let state = state.read();
            let member = state.members.get(&actor.user);
            member.and_then(|member| state.rules.pause_of(member.role))
        };
        let Some(pause) = pause.filter(|_| actor.kind != UserKind::System) else {
            return Ok(None);
        };
        let senders = self.slow.of(channel);
        let now = self.now();
        // Who has to wait by what is known costs no look at the log.
        if senders.lock().wait_of(actor.user, key, now, pause).is_none() {
            Box::pin(self.read_senders(channel, &senders, now, pause)).await?;
        }
        Ok(Some(Leave {
            senders,
            user: actor.user,
            key,
        }))
    }

    /// Learns who sent lately: what is new since the last time, or what is young enough to matter.
    async fn read_senders(
        &self,
        channel: ChannelId,
        senders: &Mutex<Senders>,
        now: Millis,
        pause: Duration,
    ) -> Result<(), ChannelError> {
        let known = senders.lock().read_to;
        let mut page = ReadPage {
            after: known.unwrap_or(Seq::ZERO),
            before: None,
            order: if known.is_some() {
                Order::Ascending
            } else {
                Order::Descending
            },
            messages_only: true,
            limit: limits::PAGE_MAX,
        };
        for _ in 0..limits::SLOW_MODE_PAGES_MAX {
            let rows = self.parts.log.read(channel, page).await?;
            {
                let mut senders = senders.lock();
                for row in &rows {
                    let last = Last {
                        at: row.at,
                        key: row.key,
                    };
                    senders.note(row.actor, last, now);
                    senders.read_to = senders.read_to.max(Some(row.seq));
                }
            }
            let Some(last) = rows.last().filter(|_| rows.len() == limits::PAGE_MAX as usize) else {
                break;
            };
            match page.order {
                Order::Ascending => page.after = last.seq,
                Order::Descending if now.since(last.at) > pause => break,
                Order::Descending => page.before = Some(last.seq),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{Entropy, SeededEntropy};

    const PAUSE: Duration = Duration::from_secs(10);

    fn leave(senders: &Arc<Mutex<Senders>>, user: UserId, seed: u64) -> Leave {
        let entropy: &dyn Entropy = &SeededEntropy::new(seed);
        Leave {
            senders: Arc::clone(senders),
            user,
            key: ClientKey::new(Millis(0), entropy),
        }
    }

    fn wait(leave: &Leave, now: i64) -> Option<u128> {
        match leave.take(Millis(now), PAUSE) {
            Ok(()) => None,
            Err(ChannelError::SlowMode(wait)) => Some(wait.as_millis()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn one_message_and_then_a_pause_for_each() {
        let senders = Arc::default();
        let (a, b) = (UserId(uuid::Uuid::from_u128(1)), UserId(uuid::Uuid::from_u128(2)));
        let first = leave(&senders, a, 1);
        assert_eq!(wait(&first, 1_000), None);
        assert_eq!(wait(&first, 1_500), None, "the same message again");
        assert_eq!(wait(&leave(&senders, b, 2), 1_500), None, "somebody else");
        let second = leave(&senders, a, 3);
        assert_eq!(wait(&second, 3_500), Some(7_500), "since it was first asked for");
        assert_eq!(wait(&second, 11_500), None);
        assert_eq!(
            wait(&leave(&senders, a, 4), 11_400 - 3_600_000),
            None,
            "a clock set back"
        );
    }

    #[test]
    fn what_was_not_sent_costs_no_pause() {
        let senders = Arc::default();
        let user = UserId(uuid::Uuid::from_u128(1));
        let first = leave(&senders, user, 1);
        assert_eq!(wait(&first, 1_000), None);
        leave(&senders, user, 2).give_back();
        assert_eq!(
            wait(&leave(&senders, user, 3), 2_000),
            Some(9_000),
            "not theirs to give"
        );
        first.give_back();
        assert_eq!(wait(&leave(&senders, user, 4), 2_000), None);
    }
}
