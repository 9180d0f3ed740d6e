//! What can go wrong for a client, and whether the outcome is known.

use klatch_protocol::{ErrorCode, Problem};
use tokio_tungstenite::tungstenite;

/// Why a call or a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server answered with an error of the catalogue.
    #[error("{}: {}{}", .0.code.as_str(), .0.title, detail(.0))]
    Refused(Box<Problem>),
    /// The connection ended before the answer came: it may have taken effect or not. Send it again with its key.
    #[error("the connection ended before the answer came; send the same command with the same key again")]
    Unknown,
    /// The server closed the socket.
    #[error("the server closed the socket with {code:?} {reason}")]
    Closed {
        /// Number of the close frame, if there was one.
        code: Option<u16>,
        /// Its text.
        reason: String,
    },
    /// The address is not one.
    #[error("`{0}` is not an address such as http://127.0.0.1:8080")]
    Address(String),
    /// REST failed below the answer.
    #[error("the request failed: {0}")]
    Http(#[from] reqwest::Error),
    /// The socket failed.
    #[error("the socket failed: {0}")]
    Socket(Box<tungstenite::Error>),
    /// What came is not what the protocol says.
    #[error("the answer could not be read: {0}")]
    Unreadable(String),
    /// The socket had been closed for good before the call.
    #[error("the socket is closed for good")]
    Finished,
}

fn detail(problem: &Problem) -> String {
    problem
        .detail
        .as_ref()
        .map(|text| format!(" ({text})"))
        .unwrap_or_default()
}

impl ClientError {
    /// The server's error, if it gave one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// The code of the server's error, if it gave one.
    pub fn code(&self) -> Option<ErrorCode> {
        self.problem().map(|problem| problem.code)
    }

    /// Whether sending the same command with the same key again is the right thing to do.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(problem) => matches!(
                problem.code,
                ErrorCode::Internal | ErrorCode::Overloaded | ErrorCode::Unavailable | ErrorCode::RateLimited
            ),
            Self::Unknown | Self::Closed { .. } | Self::Http(_) | Self::Socket(_) => true,
            Self::Address(_) | Self::Unreadable(_) | Self::Finished => false,
        }
    }

    /// Whether the command certainly did not take effect in this attempt. Everything else is *unknown* and never
    /// *failed* (contract, delivery 1).
    pub fn is_definite(&self) -> bool {
        match self {
            Self::Refused(problem) => !matches!(problem.code, ErrorCode::Internal | ErrorCode::Unavailable),
            Self::Http(error) => error.is_connect() || error.is_builder(),
            Self::Address(_) | Self::Finished => true,
            Self::Unknown | Self::Closed { .. } | Self::Socket(_) | Self::Unreadable(_) => false,
        }
    }
}

impl From<tungstenite::Error> for ClientError {
    fn from(error: tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}

impl From<Problem> for ClientError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}
