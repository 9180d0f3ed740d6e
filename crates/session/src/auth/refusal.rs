//! The sentences with which tokens are refused. None of them repeats any part of a token.

use crate::SessionError;
use klatch_protocol::ErrorCode;

/// The token is no good.
pub(super) fn unauthenticated(sentence: &'static str) -> SessionError {
    SessionError::refused(ErrorCode::Unauthenticated, sentence)
}

/// The token was good once.
pub(super) fn expired() -> SessionError {
    SessionError::refused(
        ErrorCode::TokenExpired,
        "The token has expired; get a new one and try again.",
    )
}

/// Wrong key, or changed on the way.
pub(super) fn bad_signature() -> SessionError {
    unauthenticated("The token's signature does not match its issuer's key.")
}

/// Signed out by the user, by reuse of a refresh token, by a new login or by an operator.
pub(super) fn revoked() -> SessionError {
    SessionError::refused(
        ErrorCode::Revoked,
        "This device has been signed out; sign in again.",
    )
}

/// The account was disabled by an operator.
pub(super) fn disabled() -> SessionError {
    SessionError::refused(
        ErrorCode::Revoked,
        "This account has been disabled; ask the operator.",
    )
}

/// One answer to every login that fails.
pub(super) fn bad_credentials() -> SessionError {
    SessionError::code(ErrorCode::BadCredentials)
}

/// A field of a request.
pub(super) fn invalid(sentence: impl Into<String>) -> SessionError {
    SessionError::refused(ErrorCode::Invalid, sentence)
}
