//! Why a request is not answered as asked, and the one place that gives errors their HTTP statuses.

use crate::http::Refused;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use klatch_protocol::{CloseCode, ErrorCode, Problem, codec};
use klatch_session::SessionError;
use klatch_types::limits;
use std::sync::Arc;
use std::time::Duration;

/// An error of a transport.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The session refused or failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The request itself is wrong: it never reached the session.
    #[error("{:?}: {:?}", .0.code, .0.detail)]
    Request(Box<Problem>),
    /// A handler panicked; the text is for operators only.
    #[error("a handler panicked: {0}")]
    Panic(String),
    /// The answer did not come within [`limits::REQUEST_TIMEOUT`]; whether it took effect is unknown.
    #[error("no answer within {:?}", limits::REQUEST_TIMEOUT)]
    Timeout,
}

/// How long a client waits after a time-out before it asks again.
const RETRY_AFTER_TIMEOUT: Duration = Duration::from_secs(1);

/// With what a socket is closed whose session was refused.
pub(crate) fn closing(refused: ErrorCode) -> CloseCode {
    match refused {
        ErrorCode::Resync => CloseCode::Resync,
        ErrorCode::Revoked => CloseCode::Revoked,
        ErrorCode::RateLimited | ErrorCode::TooManyConnections => CloseCode::TryLater,
        code if code.status() >= 500 => CloseCode::TryLater,
        _ => CloseCode::NotAuthenticated,
    }
}

impl From<Problem> for TransportError {
    fn from(problem: Problem) -> Self {
        Self::Request(Box::new(problem))
    }
}

impl TransportError {
    /// The request is refused with a code and a sentence.
    pub fn refused(code: ErrorCode, detail: impl Into<String>) -> Self {
        Problem::new(code, Some(detail.into())).into()
    }

    /// The request is refused because of a value that is not valid (422).
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::refused(ErrorCode::Invalid, detail)
    }

    /// What the caller is told.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Session(error) => error.problem(),
            Self::Request(problem) => Problem::clone(problem),
            Self::Panic(_) => Problem::new(ErrorCode::Internal, None),
            Self::Timeout => {
                let seconds = limits::REQUEST_TIMEOUT.as_secs();
                let detail = format!("no answer within {seconds} s; whether it took effect is unknown");
                let wait = u64::try_from(RETRY_AFTER_TIMEOUT.as_millis()).ok();
                Problem {
                    retry_after_ms: wait,
                    ..Problem::new(ErrorCode::Unavailable, Some(detail))
                }
            }
        }
    }

    /// What operators should read, if this is no fault of the caller.
    pub fn fault(&self) -> Option<String> {
        match self {
            Self::Session(error) => error.is_fault().then(|| error.to_string()),
            Self::Request(_) => None,
            Self::Panic(_) | Self::Timeout => Some(self.to_string()),
        }
    }
}

/// The HTTP status of a code.
pub fn status(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).expect("the catalogue holds valid statuses")
}

impl IntoResponse for TransportError {
    /// Status and headers only. The body needs the request's id, so that the outermost layer writes it.
    fn into_response(self) -> Response {
        let problem = self.problem();
        let mut response = status(problem.code).into_response();
        if let Some(ms) = problem.retry_after_ms {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000)));
        }
        if response.status() == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Refused(Arc::new(self)));
        response
    }
}

/// A problem as REST sends it: RFC 9457 section 3, `application/problem+json`.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct HttpProblem {
    /// A URI of the kind of problem; `about:blank` says that `code` tells it (RFC 9457 section 4.2.1).
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The rest.
    #[serde(flatten)]
    pub problem: Problem,
}

impl HttpProblem {
    /// Fills the body of a refused request.
    pub(crate) fn write(mut problem: Problem, request_id: &str) -> Body {
        problem.status = Some(problem.code.status());
        problem.request_id = Some(request_id.to_owned());
        Body::from(codec::write(&Self {
            kind: "about:blank",
            problem,
        }))
    }
}
