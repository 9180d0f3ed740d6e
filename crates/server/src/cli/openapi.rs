//! `klatch openapi`: the description of the REST interface.

use super::say;
use crate::compose;
use clap::Args;

/// Print the OpenAPI description of the REST interface, as JSON
#[derive(Debug, Args)]
pub(super) struct OpenApi {}

impl OpenApi {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {} = self;
        say(&format!("{}\n", compose::openapi()?));
        Ok(())
    }
}
