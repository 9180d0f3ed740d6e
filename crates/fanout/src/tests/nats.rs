//! The suite over a real NATS server, each node behind a proxy that can cut it off.

use crate::conformance::Subject;
use crate::{Bus, Inbox, NatsBus, NatsOptions};
use async_trait::async_trait;
use klatch_testkit::engines::{Nats, Proxy};
use klatch_types::NodeId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// How a test's node reaches a server.
pub(super) fn options(server: String, node: NodeId) -> NatsOptions {
    NatsOptions {
        servers: vec![server],
        name: "test".to_owned(),
        node,
        credentials: None,
        ca_file: None,
        tls_required: false,
    }
}

struct Server {
    nats: Nats,
    proxies: Mutex<HashMap<NodeId, Proxy>>,
}

async fn server() -> Server {
    Server {
        nats: Nats::start().expect("NATS starts"),
        proxies: Mutex::default(),
    }
}

#[async_trait]
impl Subject for Server {
    async fn join(&self, node: NodeId) -> (Arc<dyn Bus>, Inbox) {
        let proxy = Proxy::start(self.nats.address()).expect("a proxy starts");
        let address = format!("nats://{}", proxy.address());
        self.proxies.lock().insert(node, proxy);
        let (bus, inbox) = NatsBus::start(options(address, node))
            .await
            .expect("the bus starts");
        (Arc::new(bus), inbox)
    }

    async fn cut(&self, node: NodeId) {
        self.proxies.lock()[&node].cut().expect("the proxy cuts");
    }

    async fn heal(&self, node: NodeId) {
        self.proxies.lock()[&node].pass().expect("the proxy passes");
    }
}

crate::bus_conformance!(server);
