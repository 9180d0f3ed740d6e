//! One at a time changes what a space's roster put where.

use crate::{ChannelError, Channels};
use klatch_types::{SpaceId, limits};
use std::time::Duration;

/// How often someone who waits for another looks again.
const LOOK: Duration = Duration::from_millis(100);
/// How long they wait: a sweep is over by then, an import may not be.
const PATIENCE: u32 = 50;

/// The rosters of a space, held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) space: SpaceId,
    holder: i64,
}

impl Channels {
    /// Holds the rosters of a space, if nobody else does.
    pub(super) async fn try_hold(&self, space: SpaceId) -> Result<Option<Held>, ChannelError> {
        let mut random = [0u8; 8];
        self.parts.entropy.fill(&mut random);
        let held = Held {
            space,
            holder: i64::from_le_bytes(random),
        };
        Ok(self.hold_on(held).await?.then_some(held))
    }

    /// The same, a few seconds later if need be.
    pub(super) async fn hold(&self, space: SpaceId) -> Result<Held, ChannelError> {
        for _ in 0..PATIENCE {
            if let Some(held) = self.try_hold(space).await? {
                return Ok(held);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(ChannelError::RosterBusy)
    }

    /// Goes on holding; false if another has it.
    async fn hold_on(&self, held: Held) -> Result<bool, ChannelError> {
        let now = self.now();
        let until = now.plus(limits::ROSTER_LEASE);
        let directory = &self.parts.directory;
        Ok(directory.roster_hold(held.space, held.holder, now, until).await?)
    }

    pub(super) async fn release(&self, held: Held) -> Result<(), ChannelError> {
        Ok(self
            .parts
            .directory
            .roster_release(held.space, held.holder)
            .await?)
    }

    /// Does something for as long as the rosters stay held, and gives them back.
    pub(super) async fn while_held<T>(
        &self,
        held: Held,
        work: impl Future<Output = Result<T, ChannelError>> + Send,
    ) -> Result<T, ChannelError> {
        let mut work = std::pin::pin!(work);
        let mut renew = tokio::time::interval(limits::ROSTER_LEASE_RENEWED_EVERY);
        renew.tick().await; // the first is at once
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                _ = renew.tick() => {
                    if !self.hold_on(held).await? {
                        return Err(ChannelError::RosterBusy);
                    }
                }
            }
        };
        self.release(held).await?;
        done
    }
}
