//! From the hub of one node to the hubs of others.

use bytes::Bytes;
use klatch_types::{ChannelId, UserId};

/// Carries committed events and signals between nodes. Best effort: what it loses, nodes find by comparing heads
/// with the log. A node alone has [`LocalBus`].
pub trait Bus: Send + Sync + 'static {
    /// Tells other nodes that have listeners of a channel of committed events, in order.
    fn events(&self, channel: ChannelId, batch: Bytes);

    /// Tells other nodes of a signal in a channel that may be lost (typing).
    fn signal(&self, channel: ChannelId, signal: Bytes);

    /// Tells other nodes of something for all connections of a user.
    fn user(&self, user: UserId, note: Bytes);

    /// The first listener of a channel came to this node, or the last one went.
    fn interest(&self, channel: ChannelId, listening: bool);
}

/// The bus of a node that is alone: there is nobody to tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalBus;

impl Bus for LocalBus {
    fn events(&self, _channel: ChannelId, _batch: Bytes) {}
    fn signal(&self, _channel: ChannelId, _signal: Bytes) {}
    fn user(&self, _user: UserId, _note: Bytes) {}
    fn interest(&self, _channel: ChannelId, _listening: bool) {}
}
