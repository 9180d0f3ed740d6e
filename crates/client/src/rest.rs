//! Calls under `/v1`, their answers read as the type the caller names.

use crate::ClientError;
use klatch_protocol::command::channel::ChannelCreate;
use klatch_protocol::command::message::Send;
use klatch_protocol::frame::Problem;
use klatch_protocol::view::{Ack, Channel, Channels, Events, SignedIn};
use klatch_types::{ChannelId, Seq};
use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longest wait for an answer; the server gives up before.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);

/// A server's REST address, and whose token calls carry. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct Rest {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// Body of a sign-up.
#[derive(Clone, Debug, Serialize)]
pub struct SignUp {
    /// Short name of the space; may be left out where there is one, or one called `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// Unique name in the space.
    pub username: String,
    /// Name to show; the username if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// At least twelve characters.
    pub password: String,
}

/// Body of a login.
#[derive(Clone, Debug, Serialize)]
pub struct Login {
    /// Short name of the space; may be left out where there is one, or one called `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// Unique name in the space.
    pub username: String,
    /// The password.
    pub password: String,
}

#[derive(Serialize)]
struct Refresh<'a> {
    refresh_token: &'a str,
}

impl Rest {
    /// Calls to a server, such as `http://127.0.0.1:8080`, without a token.
    ///
    /// # Errors
    /// The machine cannot make an HTTP client.
    pub fn new(base: impl Into<String>) -> Result<Self, ClientError> {
        // Another part of the process may have installed one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(ANSWER_TIMEOUT)
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            base: base.into().trim_end_matches('/').to_owned(),
            token: None,
        })
    }

    /// The same server with this bearer: an access token or an API key.
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The server's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The bearer, if there is one.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Any request, with the bearer set; for tests that want to see the raw answer.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A call with a body.
    ///
    /// # Errors
    /// The server's problem, or why there is no answer.
    pub async fn call<B, T>(&self, method: Method, path: &str, body: &B) -> Result<T, ClientError>
    where
        B: Serialize + ?Sized,
        T: DeserializeOwned,
    {
        read(self.request(method, path).json(body)).await
    }

    /// `POST` with a body. Errors as in [`Self::call`].
    pub async fn post<B: Serialize + ?Sized, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, ClientError> {
        self.call(Method::POST, path, body).await
    }

    /// `PUT` with a body. Errors as in [`Self::call`].
    pub async fn put<B: Serialize + ?Sized, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, ClientError> {
        self.call(Method::PUT, path, body).await
    }

    /// `GET`. Errors as in [`Self::call`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        read(self.request(Method::GET, path)).await
    }

    /// `DELETE`. Errors as in [`Self::call`].
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        read(self.request(Method::DELETE, path)).await
    }

    /// Makes an account and signs in. Errors as in [`Self::call`].
    pub async fn sign_up(&self, body: &SignUp) -> Result<SignedIn, ClientError> {
        self.post("/v1/auth/signup", body).await
    }

    /// Signs in. Errors as in [`Self::call`].
    pub async fn login(&self, body: &Login) -> Result<SignedIn, ClientError> {
        self.post("/v1/auth/login", body).await
    }

    /// New tokens for a refresh token, which is used up. Errors as in [`Self::call`].
    pub async fn refresh(&self, refresh_token: &str) -> Result<SignedIn, ClientError> {
        self.post("/v1/auth/refresh", &Refresh { refresh_token }).await
    }

    /// One's channels, last activity first. Errors as in [`Self::call`].
    pub async fn channels(&self) -> Result<Channels, ClientError> {
        self.get("/v1/channels").await
    }

    /// Makes a channel; of a pair of users, the direct one there is. Errors as in [`Self::call`].
    pub async fn create_channel(&self, body: &ChannelCreate) -> Result<Channel, ClientError> {
        self.post("/v1/channels", body).await
    }

    /// Sends a message, once. Errors as in [`Self::call`].
    pub async fn send(&self, send: &Send) -> Result<Ack, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            key: klatch_types::ClientKey,
            text: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            reply_to: Option<Seq>,
        }
        let body = Body {
            key: send.key,
            text: &send.text,
            reply_to: send.reply_to,
        };
        self.post(&format!("/v1/channels/{}/messages", send.channel), &body)
            .await
    }

    /// Raw events above a position, ascending. Errors as in [`Self::call`].
    pub async fn events(&self, channel: ChannelId, after: Seq, limit: u32) -> Result<Events, ClientError> {
        self.get(&format!(
            "/v1/channels/{channel}/events?after={after}&limit={limit}"
        ))
        .await
    }
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ClientError> {
    let response = request.send().await?;
    let status = response.status();
    let bytes = response.bytes().await?;
    // 204 has no body; `{}` and `null` stand for it in types that expect nothing.
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
    if status.is_success() {
        return serde_json::from_slice(text).map_err(|error| ClientError::Unreadable(error.to_string()));
    }
    match serde_json::from_slice::<Problem>(text) {
        Ok(problem) => Err(problem.into()),
        Err(_) => Err(ClientError::Unreadable(format!(
            "status {status} without a problem"
        ))),
    }
}
