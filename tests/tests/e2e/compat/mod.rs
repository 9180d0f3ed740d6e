//! The addresses of earlier chats, as their clients call them.

mod campus;
mod course;
mod inside;
mod meeting;
mod role;
mod shape;
mod socketio;
mod transcript;

use anyhow::Result;
use klatch_testkit::{Server, ServerOptions, TestClient};
use klatch_tests::Api;

/// A server with a group of three, as the documentation tells of it.
struct Town {
    server: Server,
    /// `up201906680`, the owner.
    ana: TestClient,
    /// `+1234567890`.
    jane: TestClient,
    /// `johndoe`.
    john: TestClient,
    /// The group `Maths`.
    group: String,
}

impl Town {
    async fn new() -> Result<Self> {
        Self::with(ServerOptions::default()).await
    }

    async fn with(options: ServerOptions) -> Result<Self> {
        let server = Server::start_with(options).await?;
        let tenant = server.tenant()?;
        let ana = tenant.user("up201906680").await?;
        let jane = tenant.user("+1234567890").await?;
        let john = tenant.user("johndoe").await?;
        let group = tenant.group("Maths", &[&ana, &jane, &john]).await?.to_string();
        Ok(Self {
            server,
            ana,
            jane,
            john,
            group,
        })
    }

    /// Calls to a public listener as one of them.
    fn api(&self, who: &TestClient) -> Result<Api> {
        Ok(Api::new(self.server.public())?.with(&who.token))
    }

    /// Calls to the internal listener.
    fn inside(&self) -> Result<Api> {
        let base = self.server.internal_base();
        let address = base.trim_start_matches("http://");
        Api::new(address.parse()?)
    }
}
