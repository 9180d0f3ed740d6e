//! Receipts: how far a message has come, and who hides what they read.

use crate::ReceiptCounts;
use klatch_engine::memory::Tables;
use klatch_types::{ChannelId, Seq, UserId};

pub(super) fn counts(tables: &Tables, channel: ChannelId, seq: Seq, author: UserId) -> ReceiptCounts {
    let mut counts = ReceiptCounts::default();
    let members = tables
        .channels
        .get(&channel)
        .into_iter()
        .flat_map(|table| table.members.values());
    for member in members.filter(|member| member.user != author && member.visible_after < seq) {
        counts.members += 1;
        counts.received += u64::from(member.received >= seq);
        let shown = !tables.receipts_hidden.contains(&member.user);
        counts.read += u64::from(shown && member.read >= seq);
    }
    counts
}

pub(super) fn hide(tables: &mut Tables, user: UserId, hide: bool) {
    if hide {
        tables.receipts_hidden.insert(user);
    } else {
        tables.receipts_hidden.remove(&user);
    }
}

pub(super) fn hidden(tables: &Tables, users: &[UserId]) -> Vec<UserId> {
    let hidden = |user: &&UserId| tables.receipts_hidden.contains(user);
    users.iter().filter(hidden).copied().collect()
}
