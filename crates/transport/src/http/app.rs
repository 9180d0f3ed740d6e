//! What the routes stand on: the session, sign-in, and what the operator chose.

use crate::error::TransportError;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use klatch_cluster::Cluster;
use klatch_protocol::{Command, codec};
use klatch_session::auth::Auth;
use klatch_session::{Principal, Sessions};
use klatch_types::Entropy;
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;

/// A question about an address.
pub type AddressTest = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// What the operator chose for the public listener.
#[derive(Clone)]
pub struct Options {
    /// Whether a proxy at this address is believed when it names the client in `X-Forwarded-For`.
    pub trusted_proxy: AddressTest,
    /// Exact origins whose pages may connect, beside the server's own and those of each space.
    pub allowed_origins: Vec<String>,
    /// The origin at which browsers reach the server, if a proxy changes the `Host` header.
    pub public_url: Option<String>,
    /// Name of the cookie that may carry the token of a page's socket; none if no cookie does.
    pub cookie: Option<String>,
}

impl Default for Options {
    /// No proxy is trusted, only the server's own pages may connect, and the cookie has its usual name.
    fn default() -> Self {
        Self {
            trusted_proxy: Arc::new(|_| false),
            allowed_origins: Vec::new(),
            public_url: None,
            cookie: Some("__Host-klatch".to_owned()),
        }
    }
}

/// State of every public route.
#[derive(Clone)]
pub struct App {
    /// Runs commands.
    pub sessions: Arc<Sessions>,
    /// Signs in and verifies tokens.
    pub auth: Arc<Auth>,
    /// The nodes, and where clients are placed; one that is alone for a single server.
    pub cluster: Arc<Cluster>,
    /// What the operator chose.
    pub options: Arc<Options>,
    /// Makes request ids.
    pub entropy: Arc<dyn Entropy>,
    /// This node's figures in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// What a handler gives back.
pub(crate) type Answer = Result<Response, TransportError>;

impl App {
    /// Runs a command for a caller and answers with its reply and this status.
    pub(crate) async fn run(&self, who: &Principal, command: Command, status: StatusCode) -> Answer {
        let reply = self.sessions.run(who, command).await?;
        Ok(json(status, &reply))
    }
}

/// An answer in JSON.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        codec::write(value),
    )
        .into_response()
}
