//! What a call of the directory can be refused with.

use klatch_engine::EngineError;

/// An error of the directory.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// What the call names does not exist.
    #[error("not found")]
    NotFound,
    /// Something that must be unique exists already.
    #[error("exists already")]
    Exists,
    /// The engine below failed.
    #[error(transparent)]
    Engine(EngineError),
}

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Exists => Self::Exists,
            other => Self::Engine(other),
        }
    }
}
