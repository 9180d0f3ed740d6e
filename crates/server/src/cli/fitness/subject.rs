//! The server that is measured, as a client of one space reaches it: guests, and a group to talk in.

use klatch_client::{ClientError, Method, Rest};
use klatch_protocol::command::channel::ChannelCreate;
use klatch_protocol::view::Token;
use klatch_types::{ChannelId, ChannelKind, ClientKey};
use serde::Serialize;
use std::sync::OnceLock;
use std::time::Duration;
use uuid::Uuid;

/// Makes the group the same one each time.
const GROUP_KEY: ClientKey = ClientKey(Uuid::from_u128(0x0190_f3a1_7c1e_7000_8000_f17e_55f1_7e55));
/// How long a guest may stay: longer than any measurement.
const GUEST_LIFE: Duration = Duration::from_secs(12 * 3600);
/// How long a guest is asked for again while the server is busy.
const PATIENCE: Duration = Duration::from_secs(20);
/// Wait before it is asked again, if the server names none.
const RETRY: Duration = Duration::from_millis(200);

/// A server and an API key of one of its spaces.
pub(super) struct Subject {
    back_end: Rest,
    group: OnceLock<ChannelId>,
}

#[derive(Serialize)]
struct Guest {
    name: String,
    username: String,
    life_s: u64,
    channels: Vec<GuestChannel>,
}

#[derive(Serialize)]
struct GuestChannel {
    channel: ChannelId,
}

impl Subject {
    pub(super) fn new(base: &str, key: &str) -> Result<Self, ClientError> {
        Ok(Self {
            back_end: Rest::new(base)?.with_token(key),
            group: OnceLock::new(),
        })
    }

    pub(super) fn base(&self) -> &str {
        self.back_end.base()
    }

    /// Makes the group, or finds it.
    ///
    /// # Errors
    /// The server cannot be reached, or the key is refused.
    pub(super) async fn prepare(&self) -> Result<ChannelId, ClientError> {
        if let Some(group) = self.group.get() {
            return Ok(*group);
        }
        let create = ChannelCreate {
            kind: ChannelKind::Group,
            name: "fitness".parse().ok(),
            topic: None,
            visibility: None,
            members: Vec::new(),
            rules: None,
            key: Some(GROUP_KEY),
        };
        let group = self.back_end.create_channel(&create).await?.id;
        Ok(*self.group.get_or_init(|| group))
    }

    /// Whether anything at all answers at the address.
    pub(super) async fn reachable(&self) -> bool {
        self.back_end
            .request(Method::GET, "/openapi.json")
            .send()
            .await
            .is_ok()
    }

    /// What the server's own description says.
    pub(super) async fn version(&self) -> Option<String> {
        let document: serde_json::Value = self.back_end.get("/openapi.json").await.ok()?;
        document["info"]["version"].as_str().map(str::to_owned)
    }

    /// A token of a guest of this name; the same name is the same guest. If the server is busy, it is asked again.
    ///
    /// # Errors
    /// It refuses, or stays busy.
    pub(super) async fn guest(&self, name: &str, in_group: bool) -> Result<String, ClientError> {
        let channels = match in_group {
            true => vec![GuestChannel {
                channel: self.prepare().await?,
            }],
            false => Vec::new(),
        };
        let body = Guest {
            name: "Fitness".to_owned(),
            username: format!("fitness-{name}"),
            life_s: GUEST_LIFE.as_secs(),
            channels,
        };
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            match self.back_end.post::<_, Token>("/v1/guests", &body).await {
                Ok(token) => return Ok(token.access_token),
                Err(error) if error.problem().is_some() && error.is_retryable() => {
                    let given = error.problem().and_then(|problem| problem.retry_after_ms);
                    let wait = given.map_or(RETRY, Duration::from_millis);
                    if tokio::time::Instant::now() + wait > until {
                        return Err(error);
                    }
                    tokio::time::sleep(wait).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Calls as somebody else.
    pub(super) fn as_guest(&self, token: &str) -> Rest {
        self.back_end.with_token(token)
    }
}
