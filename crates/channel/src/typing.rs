//! The sign that someone is typing: best effort, never logged, and only in channels of few.

use crate::access::Operation;
use crate::{Actor, ChannelError, Channels};
use klatch_fanout::Frame;
use klatch_protocol::frame::TypingSignal;
use klatch_protocol::{ServerFrame, codec};
use klatch_types::{ChannelId, Millis, UserId, limits};
use quick_cache::sync::Cache;

/// Who typed where: when a sign was last passed on, and whether it holds or was taken back.
pub(crate) struct Typists(Cache<(ChannelId, UserId), (Millis, bool)>);

impl Default for Typists {
    fn default() -> Self {
        Self(Cache::new(limits::TYPISTS_KEPT_MAX))
    }
}

impl Typists {
    /// Whether a sign is worth passing on: the first for a while, or the end of one that still holds.
    fn note(&self, channel: ChannelId, user: UserId, stop: bool, now: Millis) -> bool {
        let key = (channel, user);
        let before = self.0.get(&key).filter(|(at, _)| *at <= now);
        if stop {
            let Some((at, true)) = before else { return false };
            self.0.insert(key, (at, false));
            return now.since(at) < limits::TYPING_EXPIRES;
        }
        // One that was taken back counts too: else taking turns would get around it.
        if before.is_some_and(|(at, _)| now.since(at) < limits::TYPING_EVERY) {
            return false;
        }
        self.0.insert(key, (now, true));
        true
    }
}

impl Channels {
    /// Tells the channel's other listeners that the actor types, or no longer does, where the policy and the actor show
    /// presence. Repeats within [`limits::TYPING_EVERY`] are heard and not passed on.
    pub async fn typing(&self, actor: &Actor, channel: ChannelId, stop: bool) -> Result<(), ChannelError> {
        let state = self.check(actor, channel, Operation::Typing).await?;
        if !self.space(actor.space).await?.policy.presence {
            return Ok(());
        }
        let members: Vec<UserId> = {
            let state = state.read();
            if state.members.len() > limits::TYPING_MEMBERS_MAX {
                return Ok(());
            }
            state.members.keys().copied().collect()
        };
        if !self.present.typists.note(channel, actor.user, stop, self.now()) {
            return Ok(());
        }
        let hidden = self.hide_presence(&members).await?;
        if hidden.contains(&actor.user) {
            return Ok(());
        }
        let expires = if stop {
            0
        } else {
            limits::TYPING_EXPIRES.as_millis()
        };
        let signal = ServerFrame::Typing(TypingSignal {
            channel,
            user: actor.user,
            expires_in_ms: u64::try_from(expires).unwrap_or(u64::MAX),
        });
        let frame = Frame::text(&codec::write(&signal));
        if hidden.is_empty() {
            self.parts.hub.publish_lossy(channel, &frame, actor.user);
            self.parts.peers.signal(channel, actor.user, frame.payload());
        } else {
            let except: Vec<UserId> = hidden.into_iter().chain([actor.user]).collect();
            self.parts.hub.publish_lossy_except(channel, &frame, &except);
            self.parts.peers.signal_except(channel, &except, frame.payload());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// S3.5: a sign is passed on once in its time, its end at once, and an end without a beginning not at all.
    #[test]
    fn typing_is_passed_on_now_and_then() {
        let typists = Typists::default();
        let note = |stop, at| {
            typists.note(
                ChannelId(Uuid::from_u128(1)),
                UserId(Uuid::from_u128(2)),
                stop,
                Millis(at),
            )
        };
        let every = limits::TYPING_EVERY.as_millis() as i64;
        let expires = limits::TYPING_EXPIRES.as_millis() as i64;
        assert!(!note(true, 0));
        assert!(note(false, 0));
        assert!(!note(false, every - 1));
        assert!(note(false, every));
        assert!(note(true, every + 1));
        assert!(!note(true, every + 2));
        assert!(!note(false, every + 3), "taking turns does not get around it");
        assert!(note(false, 2 * every));
        assert!(!note(true, 2 * every + expires), "it is over by itself");
    }
}
