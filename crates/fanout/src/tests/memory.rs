//! The suite over a network in memory.

use crate::conformance::Subject;
use crate::{Bus, Inbox, MemoryNet};
use async_trait::async_trait;
use klatch_types::NodeId;
use std::sync::Arc;

async fn memory() -> MemoryNet {
    MemoryNet::new()
}

#[async_trait]
impl Subject for MemoryNet {
    async fn join(&self, node: NodeId) -> (Arc<dyn Bus>, Inbox) {
        let (bus, inbox) = Self::join(self, node);
        (Arc::new(bus), inbox)
    }

    async fn cut(&self, node: NodeId) {
        Self::cut(self, node);
    }

    async fn heal(&self, node: NodeId) {
        Self::heal(self, node);
    }
}

crate::bus_conformance!(memory);
