//! The one place that gives errors of the catalogue their codes of gRPC.

use crate::error::TransportError;
use klatch_protocol::ErrorCode;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

/// Trailing metadata: the code of the catalogue, and how long to wait.
const CODE: &str = "klatch-code";
const RETRY_AFTER_MS: &str = "klatch-retry-after-ms";

/// How a call is refused. Operators read what is no fault of the caller.
pub(super) fn refuse(error: &TransportError) -> Status {
    if let Some(detail) = error.fault() {
        tracing::error!(detail, "gRPC call failed");
    }
    let problem = error.problem();
    let mut metadata = MetadataMap::new();
    metadata.insert(CODE, MetadataValue::from_static(problem.code.as_str()));
    if let Some(wait) = problem.retry_after_ms {
        metadata.insert(RETRY_AFTER_MS, MetadataValue::from(wait));
    }
    let told = problem.detail.unwrap_or(problem.title);
    Status::with_metadata(code(problem.code), told, metadata)
}

/// A value of the request is not valid.
pub(super) fn invalid(detail: impl Into<String>) -> Status {
    refuse(&TransportError::invalid(detail))
}

/// The code of gRPC for one of the catalogue: that of its HTTP status, where gRPC does not say it more exactly.
fn code(code: ErrorCode) -> Code {
    match (code, code.status()) {
        (ErrorCode::Exists | ErrorCode::IdempotencyConflict, _) => Code::AlreadyExists,
        (ErrorCode::Resync, _) => Code::OutOfRange,
        (_, 400 | 413 | 415 | 422) => Code::InvalidArgument,
        (_, 401) => Code::Unauthenticated,
        (_, 403) => Code::PermissionDenied,
        (_, 404) => Code::NotFound,
        (_, 405) => Code::Unimplemented,
        (_, 409 | 410) => Code::FailedPrecondition,
        (_, 429 | 507) => Code::ResourceExhausted,
        (_, 503) => Code::Unavailable,
        _ => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_catalogue_but_one_is_more_than_internal() {
        for known in ErrorCode::ALL {
            let is_internal = code(*known) == Code::Internal;
            assert_eq!(is_internal, *known == ErrorCode::Internal, "{known:?}");
        }
    }

    #[test]
    fn a_refusal_tells_the_code_and_the_wait() {
        let status = refuse(&TransportError::Timeout);
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(status.metadata().get(CODE).unwrap(), "unavailable");
        assert_eq!(status.metadata().get(RETRY_AFTER_MS).unwrap(), "1000");
    }
}
