//! Administrators: who they are, what they see and do, and that all of it is noted.

mod account;
mod channel;
mod doors;
mod server;
mod space;

use anyhow::{Context, Result, ensure};
use klatch_testkit::Server;
use klatch_tests::{Api, cli, skipped};
use serde_json::{Value, json};
use std::future::Future;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery";
/// What an administrator changed holds on every node by then, on a busy machine.
const SOON: Duration = Duration::from_secs(20);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(100);

/// A server with its administrators, and people of whom none administers anything.
struct Town {
    server: Server,
    /// Nobody.
    nobody: Api,
    /// The back end.
    back_end: Api,
    /// An administrator of the server.
    boss: Person,
    /// An administrator of the space.
    keeper: Person,
    ana: Person,
    rui: Person,
}

/// Someone signed in on a device.
struct Person {
    id: String,
    api: Api,
}

impl Town {
    /// The command line makes the administrators, while the server is stopped; in memory there would be none.
    async fn new() -> Result<Option<Self>> {
        let mut server = Server::start().await?;
        if !server.storage().is_durable() {
            skipped("administrators: the command line cannot make one in a server's memory");
            return Ok(None);
        }
        let back_end = Api::new(server.public())?.with(server.api_key());
        for username in ["boss", "keeper", "ana", "rui"] {
            let body = json!({ "username": username, "password": PASSWORD });
            back_end.must("POST", "/v1/users", Some(body)).await?;
        }
        server.stop().await?;
        cli(&server, "user admin boss --space test --server")?;
        cli(&server, "user admin keeper --space test")?;
        server.restart().await?;
        let nobody = Api::new(server.public())?;
        Ok(Some(Self {
            boss: sign_in(&nobody, "boss", PASSWORD).await?,
            keeper: sign_in(&nobody, "keeper", PASSWORD).await?,
            ana: sign_in(&nobody, "ana", PASSWORD).await?,
            rui: sign_in(&nobody, "rui", PASSWORD).await?,
            back_end: nobody.with(server.api_key()),
            nobody,
            server,
        }))
    }

    /// A group that the first of these made.
    async fn group(&self, members: &[&Person]) -> Result<String> {
        let others: Vec<&str> = members[1..].iter().map(|member| member.id.as_str()).collect();
        let body = json!({ "kind": "group", "name": "Chess club", "members": others });
        members[0]
            .api
            .must("POST", "/v1/channels", Some(body))
            .await?
            .text("id")
    }

    /// The acts in the audit log, newest first, each with its detail and who did it.
    async fn audit(&self) -> Result<Vec<(String, String, String)>> {
        let log = self
            .keeper
            .api
            .must("GET", "/v1/admin/audit?limit=200", None)
            .await?;
        let lines = log.body["lines"].as_array().context("lines")?;
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        Ok(lines
            .iter()
            .map(|line| {
                (
                    text(&line["act"]),
                    text(&line["detail"]),
                    text(&line["actor"]["username"]),
                )
            })
            .collect())
    }
}

/// Someone who logs in.
async fn sign_in(nobody: &Api, username: &str, password: &str) -> Result<Person> {
    let body = json!({ "space": "test", "username": username, "password": password });
    let signed_in = nobody.must("POST", "/v1/auth/login", Some(body)).await?;
    let id = signed_in.body["user"]["id"].as_str();
    Ok(Person {
        id: id.context("a user has an id")?.to_owned(),
        api: nobody.with(signed_in.text("access_token")?),
    })
}

/// Waits until a call is answered so, on every node that answers.
async fn soon<F: Future<Output = Result<String>>>(wanted: &str, ask: impl Fn() -> F) -> Result<()> {
    let until = Instant::now() + SOON;
    loop {
        let answer = ask().await?;
        if answer == wanted {
            return Ok(());
        }
        ensure!(Instant::now() < until, "it is still {answer}, and not {wanted}");
        tokio::time::sleep(LOOK).await;
    }
}
