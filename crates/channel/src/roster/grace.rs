//! The end of a dropped enrolment's grace.

use crate::{Actor, ChannelError, Channels};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use klatch_types::{ChannelId, SpaceId, UserId, UserKind, limits};
use std::collections::{BTreeMap, BTreeSet};

impl Channels {
    /// Removes members whose grace is over, of all spaces in which no import is under way; how many. Any node may, at any
    /// time: of several at once one does it.
    ///
    /// # Errors
    /// If log or directory fail; then it is worth trying again.
    pub async fn roster_sweep(&self) -> Result<usize, ChannelError> {
        let due = self.due().await?;
        let spaces: BTreeSet<SpaceId> = due.iter().map(|(space, _, _)| *space).collect();
        let mut removed = 0;
        for space in spaces {
            let Some(held) = self.try_hold(space).await? else {
                continue;
            };
            let work = async {
                let imports = self.parts.directory.roster_imports(space, 1).await?;
                let Some(last) = imports.first() else { return Ok(0) };
                let actor = Actor {
                    user: last.by,
                    space,
                    kind: UserKind::System,
                    admin: None,
                };
                self.remove_due(&actor).await
            };
            removed += self.while_held(held, work).await?;
        }
        Ok(removed)
    }

    /// Removes members of a space whose grace is over, as many as one go takes; how many. The space's rosters are held.
    pub(super) async fn remove_due(&self, actor: &Actor) -> Result<usize, ChannelError> {
        let mut by_channel: BTreeMap<ChannelId, Vec<UserId>> = BTreeMap::new();
        for (space, channel, user) in self.due().await? {
            if space == actor.space {
                by_channel.entry(channel).or_default().push(user);
            }
        }
        let count = by_channel.values().map(Vec::len).sum();
        let removals = by_channel
            .into_iter()
            .map(|(channel, users)| self.remove_from(actor, channel, users));
        let done: Vec<()> = stream::iter(removals)
            .buffer_unordered(limits::ROSTER_CHANNELS_AT_ONCE)
            .try_collect()
            .await?;
        drop(done);
        Ok(count)
    }

    async fn due(&self) -> Result<Vec<(SpaceId, ChannelId, UserId)>, ChannelError> {
        let directory = &self.parts.directory;
        let rows = directory
            .roster_members_due(self.now(), limits::ROSTER_SWEPT_AT_ONCE)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(space, row)| (space, row.channel, row.user))
            .collect())
    }

    async fn remove_from(
        &self,
        actor: &Actor,
        channel: ChannelId,
        users: Vec<UserId>,
    ) -> Result<(), ChannelError> {
        if let Some(mut line) = self.roster_line(actor, channel).await? {
            for user in &users {
                line.remove(*user).await?;
            }
        }
        let gone = users.into_iter().map(|user| (channel, user)).collect();
        Ok(self
            .parts
            .directory
            .roster_members_forget(actor.space, gone)
            .await?)
    }
}
