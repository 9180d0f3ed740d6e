//! The one door for every transport: a verified caller and a command in, a reply out.

use crate::{Principal, SessionError};
use klatch_protocol::view::Reply;
use klatch_protocol::{Command, ErrorCode};

/// Runs commands for verified callers.
pub struct Sessions {}

impl Sessions {
    /// Runs one command.
    pub async fn run(&self, _who: &Principal, _command: Command) -> Result<Reply, SessionError> {
        Err(SessionError::code(ErrorCode::Unavailable))
    }
}
