//! Errors of a session, and the one place that gives them the codes of the wire.

use klatch_channel::ChannelError;
use klatch_engine::EngineError;
use klatch_log::LogError;
use klatch_protocol::{ErrorCode, Problem};
use klatch_store::StoreError;
use std::time::Duration;

/// An error of a session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Refused with a code of the catalogue; the detail says what to do and holds no secret.
    #[error("{code:?}: {detail:?}")]
    Refused {
        /// The code.
        code: ErrorCode,
        /// What exactly.
        detail: Option<String>,
    },
    /// Too many, too fast.
    #[error("rate limited, {0:?} to wait")]
    RateLimited(Duration),
    /// A channel in slow mode, how long to wait.
    #[error("slow mode, {0:?} to wait")]
    SlowMode(Duration),
    /// The directory failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A bug or a broken environment; the text is for operators only.
    #[error("internal: {0}")]
    Internal(String),
}

impl SessionError {
    /// Refused with a code and no more to say.
    pub fn code(code: ErrorCode) -> Self {
        Self::Refused { code, detail: None }
    }

    /// Refused with a code and a sentence.
    pub fn refused(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::Refused {
            code,
            detail: Some(detail.into()),
        }
    }

    /// What the caller is told. Details of failures stay in the operators' log (S0.8).
    pub fn problem(&self) -> Problem {
        let engine = |error: &EngineError| match error {
            EngineError::StorageFull => Problem::new(ErrorCode::StorageFull, None),
            EngineError::Overloaded => retry(ErrorCode::Overloaded, Duration::from_millis(500)),
            EngineError::Contended(_) => retry(ErrorCode::Overloaded, Duration::from_millis(500)),
            EngineError::Closed | EngineError::Unavailable(_) | EngineError::Unknown(_) => {
                retry(ErrorCode::Unavailable, Duration::from_secs(1))
            }
            _ => Problem::new(ErrorCode::Internal, None),
        };
        match self {
            Self::Refused {
                code: code @ (ErrorCode::Overloaded | ErrorCode::Unavailable),
                detail,
            } => Problem {
                detail: detail.clone(),
                ..retry(*code, Duration::from_secs(1))
            },
            Self::Refused { code, detail } => Problem::new(*code, detail.clone()),
            Self::RateLimited(wait) => retry(ErrorCode::RateLimited, *wait),
            Self::SlowMode(wait) => retry(ErrorCode::SlowMode, *wait),
            Self::Store(StoreError::NotFound) | Self::Log(LogError::NotFound) => {
                Problem::new(ErrorCode::NotFound, None)
            }
            Self::Store(StoreError::Exists) | Self::Log(LogError::Exists(_)) => {
                Problem::new(ErrorCode::Exists, None)
            }
            Self::Log(LogError::Gone) => Problem::new(ErrorCode::Gone, None),
            Self::Log(LogError::Conflict) => Problem::new(ErrorCode::IdempotencyConflict, None),
            Self::Log(LogError::Stale { .. }) => retry(ErrorCode::Overloaded, Duration::from_millis(200)),
            Self::Store(StoreError::Engine(error)) | Self::Log(LogError::Engine(error)) => engine(error),
            Self::Internal(_) => Problem::new(ErrorCode::Internal, None),
        }
    }

    /// Whether operators should hear of it.
    pub fn is_fault(&self) -> bool {
        matches!(
            self.problem().code,
            ErrorCode::Internal | ErrorCode::StorageFull | ErrorCode::Unavailable
        )
    }
}

fn retry(code: ErrorCode, wait: Duration) -> Problem {
    let retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1));
    Problem {
        retry_after_ms,
        ..Problem::new(code, None)
    }
}

impl From<ChannelError> for SessionError {
    fn from(error: ChannelError) -> Self {
        let code = match &error {
            ChannelError::NotFound => return Self::code(ErrorCode::NotFound),
            ChannelError::Muted => return Self::code(ErrorCode::Muted),
            ChannelError::NotStarted => return Self::code(ErrorCode::NotStarted),
            ChannelError::Waiting => return Self::code(ErrorCode::Waiting),
            ChannelError::SlowMode(wait) => return Self::SlowMode(*wait),
            ChannelError::Banned => return Self::code(ErrorCode::Banned),
            ChannelError::Archived => return Self::code(ErrorCode::Archived),
            ChannelError::Resync => return Self::code(ErrorCode::Resync),
            ChannelError::Log(error) => return Self::Log(error.clone()),
            ChannelError::Store(error) => return Self::Store(error.clone()),
            ChannelError::Forbidden(_) => ErrorCode::Forbidden,
            ChannelError::Invalid(_) => ErrorCode::Invalid,
            ChannelError::TooLong { .. } => ErrorCode::TooLarge,
            ChannelError::Full { .. } => ErrorCode::Full,
            ChannelError::LimitReached(_) | ChannelError::LastOfRole(_) => ErrorCode::LimitReached,
            ChannelError::Gone(_) => ErrorCode::Gone,
            ChannelError::RosterUnsafe { .. } => ErrorCode::RosterUnsafe,
            ChannelError::RosterBusy => ErrorCode::RosterBusy,
        };
        Self::Refused {
            code,
            detail: Some(error.to_string()),
        }
    }
}
