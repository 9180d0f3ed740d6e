//! Questions to the log and the directory that are under way, while the follower goes on.

use crate::Channels;
use futures_util::future::BoxFuture;
use klatch_fanout::{Bus, Outbox};
use klatch_log::{EventRow, Head, LogError, Order, ReadPage};
use klatch_types::{ChannelId, Seq, UserId, limits};
use std::sync::Arc;

/// What came back.
pub(super) enum Landed {
    /// Where channels stand whose tails begin.
    Started(Vec<ChannelId>, Result<Vec<Option<Head>>, LogError>),
    /// Where channels stand that are followed already; whether they were asked about as part of all.
    Compared(Vec<ChannelId>, Result<Vec<Option<Head>>, LogError>, bool),
    /// Events of a hole.
    Filled(ChannelId, Result<Vec<EventRow>, LogError>),
    /// Memberships that a connection does not know of.
    Memberships(Vec<Unknown>),
    /// Events for one connection.
    Replayed(Arc<Outbox>, ChannelId, Vec<EventRow>),
}

/// A membership that a connection does not know of.
pub(super) struct Unknown {
    pub(super) outbox: Arc<Outbox>,
    pub(super) channel: ChannelId,
    /// How far its user has read: where they came in, or later.
    pub(super) since: Seq,
    /// [`Outbox::membership_changes`] before the directory was asked: the answer is good while this is so.
    pub(super) changes: u64,
}

/// A question under way.
pub(super) type Flight = BoxFuture<'static, Landed>;

/// Asks where channels stand, once the bus hears them.
pub(super) fn start(channels: &Arc<Channels>, bus: &Arc<dyn Bus>, ids: Vec<ChannelId>) -> Flight {
    let (log, bus) = (Arc::clone(channels.log()), Arc::clone(bus));
    Box::pin(async move {
        bus.settled().await;
        let heads = log.heads(&ids).await;
        Landed::Started(ids, heads)
    })
}

/// Asks where channels stand.
pub(super) fn compare(channels: &Arc<Channels>, ids: Vec<ChannelId>, all: bool) -> Flight {
    let log = Arc::clone(channels.log());
    Box::pin(async move {
        let heads = log.heads(&ids).await;
        Landed::Compared(ids, heads, all)
    })
}

/// Reads what is missing in a channel. One read of a hole is under way at a time, however many wait for it.
pub(super) fn fill(channels: &Arc<Channels>, channel: ChannelId, after: Seq, before: Option<Seq>) -> Flight {
    let log = Arc::clone(channels.log());
    Box::pin(async move { Landed::Filled(channel, log.read(channel, page(after, before)).await) })
}

/// Reads the events after a position for one connection that has missed them.
pub(super) fn replay(
    channels: &Arc<Channels>,
    outbox: Arc<Outbox>,
    channel: ChannelId,
    after: Seq,
) -> Flight {
    let log = Arc::clone(channels.log());
    // If it cannot be read, the next event shows the client that something is missing.
    Box::pin(async move {
        let rows = log.read(channel, page(after, None)).await.unwrap_or_default();
        Landed::Replayed(outbox, channel, rows)
    })
}

fn page(after: Seq, before: Option<Seq>) -> ReadPage {
    ReadPage {
        after,
        before,
        order: Order::Ascending,
        messages_only: false,
        limit: limits::PAGE_MAX,
    }
}

/// Asks which channels these users are in, and answers those that one of their connections does not listen to.
pub(super) fn memberships(channels: &Arc<Channels>, users: Vec<UserId>) -> Flight {
    let channels = Arc::clone(channels);
    Box::pin(async move {
        let mut unknown = Vec::new();
        for user in users {
            let outboxes = channels.hub().outboxes_of(user);
            let changes: Vec<u64> = outboxes
                .iter()
                .map(|outbox| outbox.membership_changes())
                .collect();
            let Ok(rows) = channels.parts.directory.memberships(user).await else {
                continue; // the next comparison asks again
            };
            for (outbox, changes) in outboxes.iter().zip(changes) {
                let known = outbox.subscriptions();
                let missing = rows.iter().filter(|row| !known.contains(&row.channel));
                unknown.extend(missing.map(|row| Unknown {
                    outbox: Arc::clone(outbox),
                    channel: row.channel,
                    since: row.read,
                    changes,
                }));
            }
        }
        Landed::Memberships(unknown)
    })
}
