//! The transports over the rooms below, ready to be given listeners.

use super::{Engine, Operator};
use crate::config::{Config, Problem};
use klatch_transport::listener::Versions;
use klatch_transport::websocket::{Registry, RegistryOptions, WebSocketState};
use klatch_transport::{
    App, Internal, Options, internal_router, listener, public_router, socketio, websocket,
};
use klatch_types::{Slug, SystemClock, SystemEntropy};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What writes a server's figures down, in Prometheus' text format.
pub type Figures = Arc<dyn Fn() -> String + Send + Sync>;

/// One server: everything below the transports, and the state of the transports.
pub struct Node {
    /// Everything below.
    pub operator: Operator,
    /// All sockets of this server.
    pub registry: Arc<Registry>,
    app: App,
    campus: Option<Slug>,
}

impl Node {
    /// Puts the transports over the rooms below.
    ///
    /// # Errors
    /// If the configuration names proxies that are no networks.
    pub fn new(
        operator: Operator,
        registry: Arc<Registry>,
        config: &Config,
        figures: Figures,
    ) -> Result<Self, Problem> {
        let app = App {
            sessions: Arc::clone(&operator.sessions),
            auth: Arc::clone(&operator.auth),
            cluster: Arc::clone(&operator.cluster),
            options: Arc::new(options(config)?),
            entropy: Arc::new(SystemEntropy),
            metrics: figures,
        };
        Ok(Self {
            operator,
            registry,
            app,
            campus: config.compat.space()?,
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
        let sockets = websocket::router(socket.clone()).merge(socketio::router(socket));
        Routes(public_router(self.app.clone(), sockets), Versions::Http1)
    }

    /// The routes of the internal listener; not ready once `stopping` is set, while the node is drained, and while the
    /// storage does not answer. Without its bus a node is ready: its own clients are served, others' a little later.
    pub fn internal(&self, stopping: &Arc<AtomicBool>, engine: &Engine) -> Routes {
        let (stopping, engine) = (Arc::clone(stopping), engine.clone());
        let cluster = Arc::clone(&self.operator.cluster);
        let not_ready = move || {
            let reasons = [
                (stopping.load(Ordering::Relaxed)).then(|| "the server is stopping".to_owned()),
                cluster
                    .is_draining()
                    .then(|| "this node is being drained".to_owned()),
                engine.not_ready(),
            ];
            reasons.into_iter().flatten().collect()
        };
        let bus = self.operator.bus.clone();
        let degraded = move || match &bus {
            Some(bus) if !bus.is_up() => vec![
                "the bus to other nodes is down: their messages reach clients here about a second late"
                    .to_owned(),
            ],
            _ => Vec::new(),
        };
        Routes(
            internal_router(Internal {
                not_ready: Arc::new(not_ready),
                degraded: Arc::new(degraded),
                space: self.campus.clone(),
                app: self.app.clone(),
            }),
            Versions::Http1And2,
        )
    }
}

/// The routes of one listener.
pub struct Routes(axum::Router, Versions);

impl Routes {
    /// Answers requests that come to a listener until `stop`, then lets those under way finish.
    pub async fn serve(self, listener: TcpListener, connections_max: usize, stop: watch::Receiver<bool>) {
        listener::serve(listener, (self.0, self.1), connections_max, stop).await;
    }
}

fn options(config: &Config) -> Result<Options, Problem> {
    let proxies = config.server.proxies()?;
    Ok(Options {
        trusted_proxy: Arc::new(move |address| proxies.iter().any(|network| network.contains(address))),
        allowed_origins: config.security.allowed_origins.clone(),
        public_url: config.server.public_url.clone(),
        cookie: Some(config.auth.cookie.clone()).filter(|name| !name.is_empty()),
    })
}
