//! The tables in memory, as the suite sees them.

use crate::commit_feed;
use crate::conformance::{Rows, Subject};
use crate::memory::MemoryLog;
use async_trait::async_trait;
use klatch_engine::memory::SharedTables;
use klatch_engine::row::{BanRow, ChannelRow, InviteRow, MemberRow, WorkRow};
use klatch_types::{ChannelId, InviteId, SeededEntropy, SpaceId, UserId};
use std::sync::Arc;

struct MemoryRows(SharedTables);

pub(super) async fn subject() -> Subject {
    let tables = SharedTables::default();
    let (sender, feed) = commit_feed();
    let log = MemoryLog::new(Arc::clone(&tables), sender, &SeededEntropy::new(1));
    Subject {
        log: Arc::new(log),
        rows: Arc::new(MemoryRows(tables)),
        feed,
        keep: Box::new(()),
    }
}

#[async_trait]
impl Rows for MemoryRows {
    async fn add_space(&self, _: SpaceId) {}

    async fn add_invite(&self, invite: InviteRow) {
        self.0.write().invites.insert(invite.id, invite);
    }

    async fn invite_uses(&self, invite: InviteId) -> u32 {
        self.0.read().invites[&invite].uses
    }

    async fn channel(&self, channel: ChannelId) -> ChannelRow {
        self.0.read().channels[&channel].row.clone()
    }

    async fn member(&self, channel: ChannelId, user: UserId) -> Option<MemberRow> {
        self.0.read().channels[&channel].members.get(&user).cloned()
    }

    async fn bans(&self, channel: ChannelId) -> Vec<BanRow> {
        self.0.read().channels[&channel].bans.values().cloned().collect()
    }

    async fn work(&self, channel: ChannelId) -> Vec<WorkRow> {
        let tables = self.0.read();
        let of_channel = tables.work.values().filter(|row| row.id.channel == channel);
        of_channel.cloned().collect()
    }
}
