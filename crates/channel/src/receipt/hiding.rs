//! Who shows nobody what they have read, kept for a few seconds: users say it on any node.

use crate::{Actor, ChannelError, Channels};
use klatch_types::{Millis, UserId, limits};
use quick_cache::sync::Cache;
use std::collections::HashSet;

/// Whether a user hides it, and when the directory said so.
type Known = (bool, Millis);

/// What the directory said a moment ago.
pub(super) struct Hiding(Cache<UserId, Known>);

impl Default for Hiding {
    fn default() -> Self {
        Self(Cache::new(limits::RECEIPTS_HIDDEN_CACHED_MAX))
    }
}

impl Hiding {
    fn known(&self, user: UserId, now: Millis) -> Option<bool> {
        let (hides, at) = self.0.get(&user)?;
        let recent = at <= now && now.since(at) < limits::RECEIPTS_HIDDEN_BELIEVED_FOR;
        recent.then_some(hides)
    }
}

/// What one is shown of how far others are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShownReceipts {
    /// How far they have received.
    pub(crate) received: bool,
    /// How far they have read, those who show it.
    pub(crate) read: bool,
}

impl ShownReceipts {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        received: false,
        read: false,
    };
}

impl Channels {
    /// Whether the actor shows others what they have read.
    pub async fn shows_reading(&self, actor: &Actor) -> Result<bool, ChannelError> {
        Ok(self.hide_reading(&[actor.user]).await?.is_empty())
    }

    /// Shows others what the actor has read, or hides it. Other nodes take a few seconds to know.
    pub async fn show_reading(&self, actor: &Actor, shown: bool) -> Result<(), ChannelError> {
        self.parts.directory.receipts_hide(actor.user, !shown).await?;
        self.receipts.hiding.0.insert(actor.user, (!shown, self.now()));
        Ok(())
    }

    /// What the actor is shown: as the policy of the space says, and of reading nothing if they hide their own.
    pub(crate) async fn shown_receipts(&self, actor: &Actor) -> Result<ShownReceipts, ChannelError> {
        if !self.space(actor.space).await?.policy.receipts {
            return Ok(ShownReceipts::NONE);
        }
        Ok(ShownReceipts {
            received: true,
            read: self.shows_reading(actor).await?,
        })
    }

    /// Those of these users who show nobody what they have read; one query for all who are not known.
    pub(crate) async fn hide_reading(&self, users: &[UserId]) -> Result<HashSet<UserId>, ChannelError> {
        let (now, hiding) = (self.now(), &self.receipts.hiding);
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
        let found: HashSet<UserId> = self
            .parts
            .directory
            .receipts_hidden(&unknown)
            .await?
            .into_iter()
            .collect();
        for user in unknown {
            hiding.0.insert(user, (found.contains(&user), now));
        }
        hidden.extend(found);
        Ok(hidden)
    }
}
