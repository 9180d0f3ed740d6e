//! Who has received and read a message, and whether one shows what one reads.

use super::app::{Answer, App, json};
use super::body::Body;
use super::caller::Caller;
use super::params::{At, MessagePath};
use axum::extract::State;
use http::StatusCode;
use klatch_protocol::Command;
use klatch_protocol::command::receipt::Receipts as ReceiptsCommand;
use klatch_protocol::view::{ReceiptSetting, Receipts};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(get_receipts))
        .routes(routes!(get_receipt_setting, set_receipt_setting))
}

/// How far a message has come among the members who can see it: counts, and in a channel of at most 200 members who.
#[utoipa::path(get, path = "/v1/channels/{id}/messages/{seq}/receipts", tag = "receipt", params(MessagePath),
    responses((status = 200, description = "How many have received and read it.", body = Receipts)))]
async fn get_receipts(State(app): State<App>, Caller(who): Caller, At(at): At<MessagePath>) -> Answer {
    let command = ReceiptsCommand {
        channel: at.id,
        target: at.seq,
    };
    app.run(&who, Command::Receipts(command), StatusCode::OK).await
}

/// Whether one shows others what one has read.
#[utoipa::path(get, path = "/v1/me/receipts", tag = "receipt",
    responses((status = 200, description = "The setting.", body = ReceiptSetting)))]
async fn get_receipt_setting(State(app): State<App>, Caller(who): Caller) -> Answer {
    Ok(json(StatusCode::OK, &app.sessions.receipt_setting(&who).await?))
}

/// Shows others what one has read, or hides it; who hides it is not shown what others have read either.
#[utoipa::path(put, path = "/v1/me/receipts", tag = "receipt", request_body = ReceiptSetting,
    responses((status = 200, description = "The setting; within seconds it holds on every node.", body = ReceiptSetting)))]
async fn set_receipt_setting(
    State(app): State<App>,
    Caller(who): Caller,
    Body(body): Body<ReceiptSetting>,
) -> Answer {
    let setting = app.sessions.set_receipt_setting(&who, body).await?;
    Ok(json(StatusCode::OK, &setting))
}
