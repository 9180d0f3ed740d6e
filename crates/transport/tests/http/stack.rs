//! A whole server without sockets: every test owns one.

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use klatch_channel::{Alone, Channels, Parts, delivery};
use klatch_cluster::{Cluster, NodeCard, VersionRange};
use klatch_engine::memory::SharedTables;
use klatch_fanout::Hub;
use klatch_log::commit_feed;
use klatch_log::memory::MemoryLog;
use klatch_session::auth::{Auth, AuthConfig};
use klatch_session::{ConnectionLimits, Sessions};
use klatch_store::memory::MemoryDirectory;
use klatch_transport::http::PeerAddr;
use klatch_transport::{App, Options, public_router};
use klatch_types::{ManualClock, Millis, NodeId, Policy, Profile, SeededEntropy, SpaceId};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

/// Where the requests come from, unless a test says otherwise.
pub(crate) const PEER: &str = "192.0.2.1:40000";
/// A password that is long enough.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// The node that the server is.
pub(crate) fn card() -> NodeCard {
    NodeCard {
        id: NodeId(uuid::Uuid::from_u128(1)),
        url: String::new(),
        region: "porto".to_owned(),
        capacity: 1_000,
        connections: 0,
        load: 0.0,
        protocol: Some(VersionRange { min: 1, max: 2 }),
        version: "0.1.0".to_owned(),
        started_at: Millis(1_800_000_000_000),
        draining: false,
        overloaded: false,
        split_digits: Vec::new(),
    }
}

/// A server.
pub(crate) struct Server {
    router: axum::Router,
    pub(crate) app: App,
    pub(crate) auth: Arc<Auth>,
    pub(crate) space: SpaceId,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The code of a problem, after checking its form (RFC 9457 section 3).
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["requestId"].as_str(), self.header("x-request-id"));
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default(), axum::Router::new()).await
    }

    pub(crate) async fn with(options: Options, extra: axum::Router) -> Self {
        Self::build(options, extra, AuthConfig::default()).await
    }

    pub(crate) async fn build(options: Options, extra: axum::Router, identity: AuthConfig) -> Self {
        crate::access_log::recorder();
        let entropy = Arc::new(SeededEntropy::new(7));
        let clock = Arc::new(ManualClock::new(Millis(1_800_000_000_000)));
        let tables = SharedTables::default();
        let directory = Arc::new(MemoryDirectory::new(tables.clone()));
        let (feed, committed) = commit_feed();
        let log = Arc::new(MemoryLog::new(tables, feed, &*entropy));
        let channels = Arc::new(Channels::new(Parts {
            log,
            directory: directory.clone(),
            hub: Arc::new(Hub::default()),
            peers: Arc::new(Alone),
            clock: clock.clone(),
            entropy: entropy.clone(),
        }));
        let delivered = channels.clone();
        tokio::spawn(async move { delivery::deliver(&delivered, committed).await });
        let auth = Auth::start(directory.clone(), clock, entropy.clone(), identity)
            .await
            .unwrap();
        let auth = Arc::new(auth);
        let policy = Policy::of(Profile::App);
        let origins = vec!["https://embed.example".to_owned()];
        let space = auth
            .create_space(
                "default".parse().unwrap(),
                "Default".parse().unwrap(),
                policy,
                origins,
            )
            .await
            .unwrap();
        let rates = auth.rates().clone();
        let sessions = Sessions::new(channels, directory, rates, ConnectionLimits::default());
        let app = App {
            sessions: Arc::new(sessions),
            auth: auth.clone(),
            cluster: Arc::new(Cluster::alone(card())),
            options: Arc::new(options),
            entropy,
            metrics: Arc::new(|| "messages_sent_total 3\n".to_owned()),
        };
        Self {
            router: public_router(app.clone(), extra),
            app,
            auth,
            space: space.id,
        }
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(PeerAddr(PEER.parse().unwrap()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A request with a token and, unless it is null, a JSON body.
    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = match body {
            Value::Null => request.body(Body::empty()),
            body => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
        };
        self.send(request.unwrap()).await
    }

    /// Signs up a user: their token and id.
    pub(crate) async fn user(&self, username: &str) -> (String, String) {
        let body = json!({"username": username, "password": PASSWORD}).to_string();
        let request = Request::post("/v1/auth/signup")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let answer = self.send(request).await;
        assert_eq!(
            answer.status,
            StatusCode::CREATED,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        let signed_in = answer.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&signed_in["access_token"]), text(&signed_in["user"]["id"]))
    }

    /// A group of this user's.
    pub(crate) async fn group(&self, token: &str) -> String {
        let answer = self
            .call(
                "POST",
                "/v1/channels",
                token,
                json!({"kind": "group", "name": "General"}),
            )
            .await;
        assert_eq!(
            answer.status,
            StatusCode::CREATED,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}
