//! How this node's channels stand to other nodes.

use crate::ChannelError;
use async_trait::async_trait;
use bytes::Bytes;
use klatch_types::{ChannelId, NodeId, UserId};

/// What channels need of the cluster. A node alone has [`Alone`]; nodes over a shared log have [`crate::tail::Tails`].
#[async_trait]
pub trait Peers: Send + Sync + 'static {
    /// Waits until everything that is committed to these channels from now on, by any node, reaches the listeners of this
    /// one. Whoever reads where a channel stands after this call misses nothing that comes after.
    ///
    /// # Errors
    /// The log cannot be asked where the channels stand.
    async fn hear(&self, channels: &[ChannelId]) -> Result<(), ChannelError>;

    /// Whether the events of this channel reach this node by themselves just now, so that a state in memory is current.
    fn hears(&self, channel: ChannelId) -> bool;

    /// Whether a state in memory may be behind what another node committed a moment ago. What it allows is allowed; what
    /// it refuses is looked at again.
    fn may_lag(&self) -> bool;

    /// Tells listeners on other nodes of something that may be lost (typing): an encoded frame, and whose it is.
    fn signal(&self, channel: ChannelId, author: UserId, frame: Bytes);

    /// The same, for all listeners but these.
    fn signal_except(&self, channel: ChannelId, except: &[UserId], frame: Bytes);

    /// Hands an encoded frame to a user's connections on other nodes.
    fn user(&self, user: UserId, frame: Bytes);

    /// Tells every other node something that may be lost.
    fn everyone(&self, payload: Bytes);

    /// Tells one who listens under this id something that may be lost.
    fn node(&self, node: NodeId, payload: Bytes);

    /// Whether other nodes can be told anything just now.
    fn can_tell(&self) -> bool;
}

/// A node that is alone: all commits are its own, and there is nobody to tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

#[async_trait]
impl Peers for Alone {
    async fn hear(&self, _channels: &[ChannelId]) -> Result<(), ChannelError> {
        Ok(())
    }
    fn hears(&self, _channel: ChannelId) -> bool {
        true
    }
    fn may_lag(&self) -> bool {
        false
    }
    fn signal(&self, _channel: ChannelId, _author: UserId, _frame: Bytes) {}
    fn signal_except(&self, _channel: ChannelId, _except: &[UserId], _frame: Bytes) {}
    fn user(&self, _user: UserId, _frame: Bytes) {}
    fn everyone(&self, _payload: Bytes) {}
    fn node(&self, _node: NodeId, _payload: Bytes) {}
    fn can_tell(&self) -> bool {
        false
    }
}
