//! Who plays: a server and its accounts.

use super::table::columns;
use anyhow::Result;
use klatch_testkit::Server;
use klatch_tests::{Api, Socket, cli, skipped};
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
    /// A person of another space, where the command line can make one.
    pub(super) foreigner: Option<Arc<Caller>>,
    /// Tokens that are good for nothing, with the code and the close code that tell so.
    pub(super) refused: Vec<(&'static str, String, &'static str, u16)>,
}

const PASSWORD: &str = "correct horse battery";

impl World {
    /// Starts it. Spaces are made and accounts disabled from the command line, while the server is stopped: in memory
    /// there is neither.
    pub(super) async fn new() -> Result<Self> {
        let mut server = Server::start_with(super::unlimited()).await?;
        let key = server.api_key().to_owned();
        let by_hand = if server.storage().is_durable() {
            Some(by_hand(&mut server).await?)
        } else {
            skipped("the foreigner and the disabled account: a server's memory has no other space");
            None
        };
        let nobody = Api::new(server.public())?;
        let system = nobody.with(&key);
        let me = Socket::open(server.public(), &key).await?;
        let system_id = me.ready["user"]["id"].as_str().unwrap_or_default().to_owned();
        let system = Arc::new(Caller {
            api: system,
            socket: me.deaf(),
            user: system_id,
        });
        let signed_out = signed_out(&system.api, &nobody).await?;
        let mut refused = vec![
            ("signed out", signed_out, "revoked", 4003),
            ("anonymous", String::new(), "unauthenticated", 4001),
        ];
        let mut foreigner = None;
        if let Some((their_key, disabled)) = by_hand {
            let (user, token) = account(&nobody.with(&their_key), "foreigner").await?;
            foreigner = Some(Arc::new(caller(&server, &nobody, user, &token).await?));
            refused.push(("disabled", disabled, "revoked", 4003));
        }
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

/// The key of another space, and the token of an account that was disabled.
async fn by_hand(server: &mut Server) -> Result<(String, String)> {
    let system = Api::new(server.public())?.with(server.api_key());
    let (_, disabled) = account(&system, "disabled").await?;
    server.stop().await?;
    cli(server, "space add elsewhere")?;
    let their_key = cli(server, "space key add elsewhere tests")?;
    cli(server, "user disable disabled --space test")?;
    server.restart().await?;
    Ok((their_key, disabled))
}

/// Of several processes, the socket and the calls may go to different ones.
async fn caller(server: &Server, nobody: &Api, user: String, token: &str) -> Result<Caller> {
    let socket = Socket::open(server.public(), token).await?.deaf();
    Ok(Caller {
        api: nobody.at(server.public()).with(token),
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
const PERSONS: [&str; 12] = [
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
    "waiting",
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
        if let Some(foreigner) = &world.foreigner {
            all.insert("foreigner", Arc::clone(foreigner));
        }
        Ok(Self(all))
    }

    /// Those of a scene's callers who are there.
    pub(super) fn callers(&self, scene: &str) -> impl Iterator<Item = &'static str> {
        columns(scene)
            .into_iter()
            .filter(|name| self.0.contains_key(name))
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
