//! One attempt at a command.

use crate::session::{ANSWER_MAX, Request, Seat};
use crate::town::{Person, below};
use klatch_client::{ClientError, Method, Rest};
use klatch_protocol::command::message::Send;
use klatch_protocol::frame::Problem;
use klatch_protocol::view::Ack;
use klatch_types::ClientKey;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Wait between two attempts of a command.
const AGAIN_MS: (u64, u64) = (30, 150);

/// A REST call: method, path, key, body.
pub(super) type Call = (Method, String, ClientKey, Option<Value>);

/// Sends once over REST, as this person.
pub(super) async fn over_rest(person: &Person, node: usize, call: &Call) -> Result<Ack, ClientError> {
    let door = person.door(node).await.map_err(|_| ClientError::Finished)?;
    timeout(ANSWER_MAX, request(&door, call))
        .await
        .unwrap_or(Err(ClientError::Unknown))
}

/// Sends once over REST, and reads the answer.
async fn request(door: &Rest, (method, path, key, body): &Call) -> Result<Ack, ClientError> {
    let mut request = door
        .request(method.clone(), path)
        .header("Idempotency-Key", key.to_string());
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await?;
    let status = response.status();
    let bytes = response.bytes().await?;
    let unreadable = |error: serde_json::Error| ClientError::Unreadable(format!("{status}: {error}"));
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(unreadable);
    }
    let problem: Problem = serde_json::from_slice(&bytes).map_err(unreadable)?;
    Err(problem.into())
}

/// Sends once over a socket.
pub(super) async fn over_the_socket(seat: &Seat, send: &Send) -> Result<Ack, ClientError> {
    let (answer, answered) = oneshot::channel();
    let body = json!({ "op": "send", "channel": send.channel, "key": send.key, "text": send.text });
    seat.requests
        .send(Request { body, answer })
        .await
        .map_err(|_| ClientError::Unknown)?;
    answered.await.unwrap_or(Err(ClientError::Unknown))
}

/// Whether to try again with the same key. `Finished` stands for a token that no node gave.
pub(super) fn is_worth_another(error: &ClientError) -> bool {
    error.is_retryable() || matches!(error, ClientError::Finished)
}

/// Waits a little before the next attempt.
pub(super) async fn again() {
    let wait = AGAIN_MS.0 + below(AGAIN_MS.1 - AGAIN_MS.0);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}
