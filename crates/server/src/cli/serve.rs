//! `klatch serve`: the server.

use super::{Global, say};
use crate::serve::{Start, run};
use clap::Args;
use std::net::SocketAddr;

/// Run the server
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Fill an empty database with a demo space, whose passwords everyone knows
    #[arg(long)]
    demo: bool,
    /// Address of the public listener, in place of `server.public`; port 0 takes any free port
    #[arg(long, value_name = "ADDR")]
    public: Option<SocketAddr>,
    /// Address of the internal listener, in place of `server.internal`
    #[arg(long, value_name = "ADDR")]
    internal: Option<SocketAddr>,
}

impl Serve {
    /// Runs it until it is told to stop.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let mut flags = Vec::new();
        for (key, address) in [("public", self.public), ("internal", self.internal)] {
            flags.extend(address.map(|address| ("server", key, address.to_string())));
        }
        let config = global.load(flags)?;
        if self.demo {
            config.check_demo()?;
        }
        run(Start {
            config,
            demo: self.demo,
            announce: Box::new(say),
        })
    }
}
