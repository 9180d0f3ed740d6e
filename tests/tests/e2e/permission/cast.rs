//! Who plays: a server and its accounts.

use anyhow::Result;
use klatch_testkit::Server;
use klatch_tests::{Api, Socket, cli};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;

/// Someone who asks, over both transports.
pub(super) struct Caller {
    /// REST.
    pub(super) api: Api,
    /// The socket.
    pub(super) socket: Socket,
    /// Id.
    pub(super) user: String,
}

/// A server with two spaces and three tokens that let nobody in.
pub(super) struct World {
    /// The server.
    pub(super) server: Server,
    /// Calls without a token.
    pub(super) nobody: Api,
    /// The back end of the space.
    pub(super) system: Arc<Caller>,
    /// A person of another space.
    pub(super) foreigner: Arc<Caller>,
    /// Tokens that are good for nothing, with the code and the close code that tell so.
    pub(super) refused: Vec<(&'static str, String, &'static str, u16)>,
}

const PASSWORD: &str = "correct horse battery";

impl World {
    /// Starts it. Accounts are disabled from the command line, while the server is stopped.
    pub(super) async fn new() -> Result<Self> {
        let mut server = Server::start_with(super::unlimited()).await?;
        server.stop().await?;
        cli(&server, "space add elsewhere")?;
        let key = cli(&server, "space key add test tests")?;
        let their_key = cli(&server, "space key add elsewhere tests")?;

        server.restart().await?;
        let system = Api::new(server.public())?.with(&key);
        let (_, disabled) = account(&system, "disabled").await?;
        server.stop().await?;
        cli(&server, "user disable disabled --space test")?;

        server.restart().await?;
        let nobody = Api::new(server.public())?;
        let system = nobody.with(&key);
        let me = Socket::open(server.public(), &key).await?;
        let system_id = me.ready["user"]["id"].as_str().unwrap_or_default().to_owned();
        let system = Arc::new(Caller {
            api: system,
            socket: me.deaf(),
            user: system_id,
        });
        let (user, token) = account(&nobody.with(&their_key), "foreigner").await?;
        let foreigner = Arc::new(caller(&server, &nobody, user, &token).await?);
        let signed_out = signed_out(&system.api, &nobody).await?;
        let refused = vec![
            ("disabled", disabled, "revoked", 4003),
            ("signed out", signed_out, "revoked", 4003),
            ("anonymous", String::new(), "unauthenticated", 4001),
        ];
        Ok(Self {
            server,

            nobody,
            system,
            foreigner,
            refused,
        })
    }

    /// A person of the space.
    pub(super) async fn person(&self, username: &str) -> Result<Caller> {
        let (user, token) = account(&self.system.api, username).await?;
        caller(&self.server, &self.nobody, user, &token).await
    }

    /// A guest account of the space, in no channel.
    pub(super) async fn visitor(&self, username: &str) -> Result<Caller> {
        let body = json!({ "name": username, "username": username });
        let made = self.system.api.must("POST", "/v1/guests", Some(body)).await?;
        let user = made.body["user"]["id"].as_str().unwrap_or_default().to_owned();
        caller(&self.server, &self.nobody, user, &made.text("access_token")?).await
    }
}

async fn caller(server: &Server, nobody: &Api, user: String, token: &str) -> Result<Caller> {
    let socket = Socket::open(server.public(), token).await?.deaf();
    Ok(Caller {
        api: nobody.with(token),
        socket,
        user,
    })
}

/// Makes an account and a token; answers both.
async fn account(system: &Api, username: &str) -> Result<(String, String)> {
    let made = system
        .must("POST", "/v1/users", Some(json!({ "username": username })))
        .await?;
    let user = made.text("id")?;
    let token = system
        .must("POST", "/v1/tokens", Some(json!({ "user": user })))
        .await?;
    Ok((user, token.text("access_token")?))
}

/// The access token of a device that was signed out.
async fn signed_out(system: &Api, nobody: &Api) -> Result<String> {
    let body = json!({ "username": "gone", "password": PASSWORD });
    system.must("POST", "/v1/users", Some(body)).await?;
    let body = json!({ "space": "test", "username": "gone", "password": PASSWORD });
    let token = nobody
        .must("POST", "/v1/auth/login", Some(body))
        .await?
        .text("access_token")?;
    nobody.with(&token).must("POST", "/v1/auth/logout", None).await?;
    Ok(token)
}

/// The people of one scene, by the name they have in the table, and those that things are done to.
pub(super) struct Cast(HashMap<&'static str, Arc<Caller>>);

/// Persons with an account.
const PERSONS: [&str; 11] = [
    "owner",
    "moderator",
    "member",
    "guest",
    "muted",
    "banned",
    "outsider",
    "target",
    "silenced",
    "exile",
    "newcomer",
];

impl Cast {
    /// Makes them; `scene` keeps their usernames apart.
    pub(super) async fn new(world: &World, scene: usize) -> Result<Self> {
        let mut all = HashMap::new();
        for name in PERSONS {
            all.insert(name, Arc::new(world.person(&format!("{name}.{scene}")).await?));
        }
        for name in ["visitor", "stranger"] {
            all.insert(name, Arc::new(world.visitor(&format!("{name}.{scene}")).await?));
        }
        all.insert("system", Arc::clone(&world.system));
        all.insert("foreigner", Arc::clone(&world.foreigner));
        Ok(Self(all))
    }

    /// One of them.
    pub(super) fn of(&self, name: &str) -> &Caller {
        &self.0[name]
    }

    /// Their id.
    pub(super) fn id(&self, name: &str) -> &str {
        &self.0[name].user
    }
}
