//! REST as a client speaks it.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// Calls to a server as one caller.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// An answer, whatever it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, if it is JSON.
    pub body: Value,
}

impl Answer {
    /// `ok`, or the code of the error catalogue that the problem names.
    pub fn code(&self) -> &str {
        match self.status {
            200..300 => "ok",
            _ => self.body["code"].as_str().unwrap_or("no code"),
        }
    }

    /// The problem without what differs from request to request.
    pub fn problem(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(object) = body.as_object_mut() {
            object.remove("requestId");
        }
        body
    }

    /// A text of the body.
    pub fn text(&self, name: &str) -> Result<String> {
        let text = self.body[name].as_str();
        Ok(text
            .with_context(|| format!("no `{name}` in {self:?}"))?
            .to_owned())
    }

    /// A number of the body.
    pub fn number(&self, name: &str) -> Result<u64> {
        self.body[name]
            .as_u64()
            .with_context(|| format!("no `{name}` in {self:?}"))
    }
}

impl Api {
    /// Calls without a token.
    pub fn new(server: SocketAddr) -> Result<Self> {
        // Another part of the process may have installed one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Self {
            http,
            base: format!("http://{server}"),
            token: None,
        })
    }

    /// The same server as another caller.
    pub fn with(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same at another address: the lines are shared, and making them anew costs more than most calls.
    pub fn at(&self, server: SocketAddr) -> Self {
        Self {
            base: format!("http://{server}"),
            ..self.clone()
        }
    }

    /// The caller's token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Any call.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Answer> {
        let mut request = self
            .http
            .request(method.parse::<Method>()?, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.with_context(|| format!("{method} {path}"))?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        Ok(Answer {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        })
    }

    /// A call that must be granted.
    pub async fn must(&self, method: &str, path: &str, body: Option<Value>) -> Result<Answer> {
        let answer = self.call(method, path, body).await?;
        ensure!(answer.code() == "ok", "{method} {path}: {answer:?}");
        Ok(answer)
    }

    /// Sends a message and gives back its position.
    pub async fn send(&self, channel: &str, text: &str) -> Result<u64> {
        let body = json!({ "key": uuid::Uuid::now_v7(), "text": text });
        self.must("POST", &format!("/v1/channels/{channel}/messages"), Some(body))
            .await?
            .number("seq")
    }
}
