//! The transcript of a channel as a file: read and written page by page, so that its length costs no memory.

mod format;

use super::app::{Answer, App};
use super::caller::Caller;
use super::params::{At, ChannelPath, Params};
use crate::error::TransportError;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use format::Format;
use futures_util::{Stream, stream};
use http::{HeaderName, StatusCode, header};
use klatch_protocol::Command;
use klatch_protocol::command::channel::ChannelGet;
use klatch_protocol::command::transcript::Transcript as TranscriptCommand;
use klatch_protocol::view::{Channel, Reply, Transcript};
use klatch_session::{Principal, SessionError};
use klatch_types::{ChannelId, Seq, limits};
use serde::Deserialize;
use std::io;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(export))
}

/// As what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// `json`, `csv` or `html`; `json` if left out.
    #[serde(default)]
    #[param(inline, required = false)]
    format: Format,
}

/// The transcript of a channel as a file, for its owners: every message as it is now, with names and times (RFC 3339).
/// A file that ends early was broken off: `json` is then no JSON, `html` has no end, and the connection says so.
#[utoipa::path(get, path = "/v1/channels/{id}/transcript", tag = "transcript", params(ChannelPath, ExportQuery),
    responses((status = 200, description = "The file.", content(
        (serde_json::Value = "application/json"), (String = "text/csv"), (String = "text/html")))))]
async fn export(
    State(app): State<App>,
    Caller(who): Caller,
    At(at): At<ChannelPath>,
    Params(query): Params<ExportQuery>,
) -> Answer {
    let format = query.format;
    let export = Export {
        app,
        who,
        channel: at.id,
        format,
        after: Seq::ZERO,
    };
    // The first page decides what is answered: after it only the connection can tell of a fault.
    let first = export.page().await?;
    let head = format.head(&export.about().await?);
    let disposition = format!(
        "attachment; filename=\"transcript-{}.{}\"",
        at.id,
        format.extension()
    );
    let headers: [(HeaderName, String); 3] = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, format::CSP.to_owned()),
    ];
    let body = Body::from_stream(export.chunks(head, first));
    let answer: Response = (StatusCode::OK, headers, body).into_response();
    Ok(answer)
}

/// An export that is under way.
struct Export {
    app: App,
    who: Principal,
    channel: ChannelId,
    format: Format,
    /// Up to where it has come.
    after: Seq,
}

/// What comes next.
enum Next {
    /// This page, after this text.
    Page(String, Transcript),
    /// A page that was not read yet.
    Read,
    /// Nothing more.
    Nothing,
}

impl Export {
    async fn page(&self) -> Result<Transcript, SessionError> {
        let command = TranscriptCommand {
            channel: self.channel,
            after: Some(self.after),
            limit: Some(limits::PAGE_MAX),
        };
        match self
            .app
            .sessions
            .run(&self.who, Command::Transcript(command))
            .await?
        {
            Reply::Transcript(page) => Ok(page),
            other => Err(unexpected(&other)),
        }
    }

    async fn about(&self) -> Result<Channel, TransportError> {
        let command = ChannelGet {
            channel: self.channel,
        };
        match self
            .app
            .sessions
            .run(&self.who, Command::ChannelGet(command))
            .await?
        {
            Reply::Channel(channel) => Ok(channel),
            other => Err(unexpected(&other).into()),
        }
    }

    /// The file, a page at a time: the next is read when the one before was taken.
    fn chunks(self, head: String, first: Transcript) -> impl Stream<Item = io::Result<Bytes>> {
        let start = (self, Next::Page(head, first));
        stream::unfold(start, |(mut export, next)| async move {
            let (before, page) = match next {
                Next::Nothing => return None,
                Next::Page(before, page) => (before, page),
                Next::Read => match export.page().await {
                    Ok(page) => (String::new(), page),
                    Err(error) => {
                        tracing::warn!(channel = %export.channel, %error, "a transcript was broken off");
                        return Some((Err(io::Error::other("broken off")), (export, Next::Nothing)));
                    }
                },
            };
            let mut text = before;
            let is_first = export.after == Seq::ZERO;
            export.format.lines(&mut text, &page.messages, is_first);
            let next = match page.messages.last() {
                Some(last) if page.more => {
                    export.after = last.seq;
                    Next::Read
                }
                _ => {
                    text.push_str(export.format.tail());
                    Next::Nothing
                }
            };
            Some((Ok(Bytes::from(text)), (export, next)))
        })
    }
}

fn unexpected(reply: &Reply) -> SessionError {
    SessionError::Internal(format!("a transcript was answered with {reply:?}"))
}
