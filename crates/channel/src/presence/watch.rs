//! Large channels: how many are online and some of them, for those who watch.

use super::tell::counted;
use super::{Line, SEE};
use crate::channels::SharedState;
use crate::{Actor, ChannelError, Channels};
use klatch_fanout::{Change, ConnectionId, Frame, Outbox, Status};
use klatch_protocol::{ServerFrame, codec, view};
use klatch_types::{ChannelId, Millis, UserId, limits};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A channel that is watched.
#[derive(Default)]
struct Watch {
    outboxes: Vec<Arc<Outbox>>,
    changed: bool,
    due: Millis,
    sent: Option<view::ChannelPresence>,
}

/// The channels that are watched here.
#[derive(Default)]
pub(super) struct Watches(Mutex<HashMap<ChannelId, Watch>>);

impl Watches {
    pub(super) fn leave(&self, channels: &[ChannelId], connection: ConnectionId) {
        let mut watches = self.0.lock();
        for channel in channels {
            if let Some(watch) = watches.get_mut(channel) {
                watch.outboxes.retain(|outbox| outbox.id() != connection);
                if watch.outboxes.is_empty() {
                    watches.remove(channel);
                }
            }
        }
    }

    fn begin(&self, channel: ChannelId, line: &Line) -> Result<(), ChannelError> {
        let mut watched = line.watched.lock();
        if watched.contains(&channel) {
            return Ok(());
        }
        if watched.len() >= limits::PRESENCE_WATCHES_MAX {
            let max = limits::PRESENCE_WATCHES_MAX;
            return Err(ChannelError::LimitReached(format!(
                "a connection may watch {max} channels"
            )));
        }
        let mut watches = self.0.lock();
        if watches.len() >= limits::PRESENCE_CHANNELS_WATCHED_MAX && !watches.contains_key(&channel) {
            let detail = "too many channels are watched on this server".to_owned();
            return Err(ChannelError::LimitReached(detail));
        }
        watches
            .entry(channel)
            .or_default()
            .outboxes
            .push(Arc::clone(&line.outbox));
        watched.push(channel);
        Ok(())
    }

    fn end(&self, channel: ChannelId, line: &Line) {
        line.watched.lock().retain(|watched| *watched != channel);
        self.leave(&[channel], line.outbox.id());
    }
}

impl Channels {
    /// Who of a channel is online: everyone in a small channel, else a count and a sample.
    ///
    /// # Errors
    /// `NotFound` for channels the actor may not see, `Forbidden` where presence is not shown.
    pub async fn presence(
        &self,
        actor: &Actor,
        channel: ChannelId,
    ) -> Result<view::ChannelPresence, ChannelError> {
        let state = self.check(actor, channel, SEE).await?;
        self.sees_presence(actor).await?;
        let members: Vec<UserId> = {
            let state = state.read();
            if state.members.len() > limits::PRESENCE_MEMBERS_MAX {
                Vec::new()
            } else {
                state.members.keys().copied().collect()
            }
        };
        if members.is_empty() {
            return Ok(self.picture(channel, &state, &[]));
        }
        let hidden = self.hide_presence(&members).await?;
        let mut users: Vec<view::UserPresence> = {
            let state = self.present.state.lock();
            let view = |user: &UserId| self.presence_view(&state, *user, hidden.contains(user));
            members.iter().map(view).collect()
        };
        users.sort_unstable_by_key(|user| user.user);
        let how_many = |status| count(users.iter().filter(|user| user.status == status).count());
        Ok(view::ChannelPresence {
            channel,
            members: count(users.len()),
            online: how_many(view::PresenceStatus::Online),
            away: how_many(view::PresenceStatus::Away),
            users: Some(users),
            sample: None,
        })
    }

    /// The same, and from now on the connection is told when the picture of a large channel changes, or no longer.
    ///
    /// # Errors
    /// As [`Channels::presence`], and `LimitReached` if too many are watched.
    pub async fn watch_presence(
        &self,
        actor: &Actor,
        channel: ChannelId,
        line: &Line,
        watch: bool,
    ) -> Result<view::ChannelPresence, ChannelError> {
        let presence = self.presence(actor, channel).await?;
        if !watch {
            self.present.watches.end(channel, line);
        } else if line.outbox.listens(channel) {
            self.present.watches.begin(channel, line)?;
        } else {
            return Err(ChannelError::Forbidden("only members may watch a channel"));
        }
        Ok(presence)
    }

    /// A large channel: those of the sample of before who are online still, and others to fill it up.
    fn picture(&self, channel: ChannelId, state: &SharedState, before: &[UserId]) -> view::ChannelPresence {
        let state = state.read();
        let present = self.present.state.lock();
        let is_online = |user: &&UserId| present.told(**user) == Status::Online;
        let kept = before.iter().filter(|user| state.members.contains_key(user));
        let mut sample: Vec<UserId> = kept.filter(is_online).copied().collect();
        let known: HashSet<UserId> = sample.iter().copied().collect();
        let (mut online, mut away) = (0, 0);
        for user in state.members.keys() {
            match present.told(*user) {
                Status::Online => {
                    online += 1;
                    if sample.len() < limits::PRESENCE_SAMPLE_MAX && !known.contains(user) {
                        sample.push(*user);
                    }
                }
                Status::Away => away += 1,
                Status::Offline => {}
            }
        }
        view::ChannelPresence {
            channel,
            members: count(state.members.len()),
            online,
            away,
            users: None,
            sample: Some(sample),
        }
    }

    /// Tells those who watch channels in which something changed, each channel once in its time.
    pub(super) async fn tell_watchers(&self, changes: &[Change]) {
        let watched: Vec<ChannelId> = self.present.watches.0.lock().keys().copied().collect();
        for channel in watched {
            let Ok(state) = self.state(channel).await else {
                continue;
            };
            let (space, concerned, large) = {
                let state = state.read();
                let is_member = |change: &Change| state.members.contains_key(&change.user);
                let large = state.members.len() > limits::PRESENCE_MEMBERS_MAX;
                (state.space, changes.iter().any(is_member), large)
            };
            let shown = self.space(space).await.is_ok_and(|space| space.policy.presence);
            if large && shown {
                self.tell_watchers_of(channel, &state, concerned);
            }
        }
    }

    fn tell_watchers_of(&self, channel: ChannelId, state: &SharedState, concerned: bool) {
        let now = self.now();
        let before = {
            let mut watches = self.present.watches.0.lock();
            let Some(watch) = watches.get_mut(&channel) else {
                return;
            };
            watch.changed |= concerned;
            if !watch.changed || watch.due > now {
                return;
            }
            watch.changed = false;
            watch.due = Millis(now.0 + limits::PRESENCE_CHANNEL_EVERY.as_millis() as i64);
            watch.sent.take()
        };
        let sample = before.as_ref().and_then(|sent| sent.sample.as_deref());
        let picture = self.picture(channel, state, sample.unwrap_or_default());
        let outboxes = {
            let mut watches = self.present.watches.0.lock();
            let Some(watch) = watches.get_mut(&channel) else {
                return;
            };
            watch.sent = Some(picture.clone());
            watch.outboxes.clone()
        };
        if before.as_ref() == Some(&picture) {
            return;
        }
        let frame = Frame::text(&codec::write(&ServerFrame::ChannelPresence(picture)));
        let mut frames = 0;
        let present = self.present.state.lock();
        for outbox in outboxes {
            if outbox.listens(channel) && present.shows(outbox.user()) {
                outbox.push_lossy(frame.clone());
                frames += 1;
            }
        }
        counted(frames, frames * frame.wire().len() as u64);
    }
}

/// Members fit in 32 bits: `limits::CHANNEL_MEMBERS_MAX`.
fn count(members: usize) -> u32 {
    u32::try_from(members).unwrap_or(u32::MAX)
}
