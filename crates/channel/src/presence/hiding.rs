//! Who shows nobody whether they are online, kept for a few seconds: users say it on any node.

use super::wire;
use crate::{Actor, ChannelError, Channels};
use klatch_protocol::view;
use klatch_types::{Millis, UserId, limits};
use quick_cache::sync::Cache;
use std::collections::HashSet;

/// What the directory said a moment ago, and when.
pub(super) struct Hiding(Cache<UserId, (bool, Millis)>);

impl Default for Hiding {
    fn default() -> Self {
        Self(Cache::new(limits::RECEIPTS_HIDDEN_CACHED_MAX))
    }
}

impl Hiding {
    fn known(&self, user: UserId, now: Millis) -> Option<bool> {
        let (hides, at) = self.0.get(&user)?;
        let recent = at <= now && now.since(at) < limits::PRESENCE_HIDDEN_BELIEVED_FOR;
        recent.then_some(hides)
    }

    /// What the directory said when it was asked at this time, unless something newer is known.
    fn learn(&self, user: UserId, hides: bool, asked: Millis) {
        if self.0.get(&user).is_none_or(|(_, at)| at < asked) {
            self.0.insert(user, (hides, asked));
        }
    }

    pub(super) fn set(&self, user: UserId, hides: bool, now: Millis) {
        self.0.insert(user, (hides, now));
    }
}

impl Channels {
    /// How the actor is shown to others.
    pub async fn own_presence(&self, actor: &Actor) -> Result<view::OwnPresence, ChannelError> {
        let hidden = self.hide_presence(&[actor.user]).await?;
        let devices = self.present.state.lock().devices(actor.user);
        let status = devices.iter().map(|device| device.status).max();
        Ok(view::OwnPresence {
            visible: hidden.is_empty(),
            status: super::status_view(status.unwrap_or(klatch_fanout::Status::Offline)),
            devices: devices
                .iter()
                .map(|device| view::DevicePresence {
                    device: device.device,
                    status: super::status_view(device.status),
                    last_active: device.active_at.0,
                })
                .collect(),
        })
    }

    /// Shows others whether the actor is online and types, or hides it. Other nodes are told, and know it within seconds
    /// if that is lost.
    pub async fn show_presence(&self, actor: &Actor, visible: bool) -> Result<(), ChannelError> {
        self.parts.directory.presence_hide(actor.user, !visible).await?;
        self.take_setting(actor.user, !visible);
        self.parts
            .peers
            .everyone(wire::write_setting(actor.user, !visible));
        Ok(())
    }

    pub(super) fn take_setting(&self, user: UserId, hidden: bool) {
        self.present.hiding.set(user, hidden, self.now());
        self.present.state.lock().set_hidden(user, hidden);
    }

    /// Those of these users who hide; one query for all who are not known.
    pub(crate) async fn hide_presence(&self, users: &[UserId]) -> Result<HashSet<UserId>, ChannelError> {
        let (now, hiding) = (self.now(), &self.present.hiding);
        let mut hidden = HashSet::new();
        let mut unknown = Vec::new();
        for user in users {
            match hiding.known(*user, now) {
                Some(true) => drop(hidden.insert(*user)),
                Some(false) => {}
                None => unknown.push(*user),
            }
        }
        if unknown.is_empty() {
            return Ok(hidden);
        }
        let found = self.parts.directory.presence_hidden(&unknown).await?;
        let found: HashSet<UserId> = found.into_iter().collect();
        for user in unknown {
            hiding.learn(user, found.contains(&user), now);
        }
        hidden.extend(found);
        Ok(hidden)
    }
}
