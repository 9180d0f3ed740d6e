//! The transports over the rooms below, ready to be given listeners.

use super::Operator;
use crate::config::{Config, Problem};
use crate::metrics::Metrics;
use klatch_cluster::{Cluster, NodeCard, VersionRange};
use klatch_transport::websocket::{Registry, RegistryOptions, WebSocketState};
use klatch_transport::{App, Internal, Options, internal_router, listener, public_router, websocket};
use klatch_types::{Clock, NodeId, SystemClock, SystemEntropy};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// One server: everything below the transports, and the state of the transports.
pub struct Node {
    /// Everything below.
    pub operator: Operator,
    /// All sockets of this server.
    pub registry: Arc<Registry>,
    app: App,
}

impl Node {
    /// Puts the transports over the rooms below.
    ///
    /// # Errors
    /// If the configuration names proxies that are no networks.
    pub fn new(operator: Operator, registry: Arc<Registry>, config: &Config) -> Result<Self, Problem> {
        let app = App {
            sessions: Arc::clone(&operator.sessions),
            auth: Arc::clone(&operator.auth),
            cluster: Arc::clone(&operator.cluster),
            cluster: Arc::new(Cluster::alone(card(config))),
            options: Arc::new(options(config)?),
            entropy: Arc::new(SystemEntropy),
        };
        Ok(Self {
            operator,
            registry,
            app,
        })
    }

    /// The sockets of a server that is to be.
    pub fn sockets(config: &Config) -> Arc<Registry> {
        let options = RegistryOptions {
            per_ip: config.limits.connections_per_ip,
        };
        Arc::new(Registry::new(options, Arc::new(SystemClock)))
    }

    /// The routes of the public listener.
    pub fn public(&self) -> Routes {
        let socket = WebSocketState {
            app: self.app.clone(),
            registry: Arc::clone(&self.registry),
        };
        Routes(public_router(
            self.app.clone(),
            websocket::router(socket).with_state(()),
        ))
    }

    /// The routes of the internal listener; not ready once `stopping` is set.
    pub fn internal(&self, metrics: &Metrics, stopping: &Arc<AtomicBool>) -> Routes {
        let (metrics, stopping) = (metrics.clone(), Arc::clone(stopping));
        let not_ready = move || match stopping.load(Ordering::Relaxed) {
            true => vec!["the server is stopping".to_owned()],
            false => Vec::new(),
        };
        Routes(internal_router(Internal {
            not_ready: Arc::new(not_ready),
            metrics: Arc::new(move || metrics.render()),
            app: self.app.clone(),
        }))
    }
}

/// The routes of one listener.
pub struct Routes(axum::Router);

impl Routes {
    /// Answers requests that come to a listener until `stop`, then lets those under way finish.
    pub async fn serve(self, listener: TcpListener, connections_max: usize, stop: watch::Receiver<bool>) {
        listener::serve(listener, self.0, connections_max, stop).await;
    }
}

/// This server as the other nodes know it.
fn card(config: &Config) -> NodeCard {
    let now = SystemClock.now();
    NodeCard {
        id: NodeId::new(now, &SystemEntropy),
        url: config.server.public_url.clone().unwrap_or_default(),
        region: "default".to_owned(),
        capacity: 10_000,
        connections: 0,
        load: 0.0,
        protocol: Some(VersionRange { min: 1, max: 1 }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: now,
        draining: false,
        overloaded: false,
        split_digits: Vec::new(),
    }
}

fn options(config: &Config) -> Result<Options, Problem> {
    let proxies = config.server.proxies()?;
    Ok(Options {
        trusted_proxy: Arc::new(move |address| proxies.iter().any(|network| network.contains(address))),
        allowed_origins: config.security.allowed_origins.clone(),
        public_url: config.server.public_url.clone(),
    })
}
