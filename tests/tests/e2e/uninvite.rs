//! Late work: the links of those who may no longer invite end, whoever dies in between.

use anyhow::{Context, Result, ensure};
use klatch_engine::postgres::{Postgres, PostgresOptions};
use klatch_log::commit_feed;
use klatch_log::sqlite::OpenOptions;
use klatch_testkit::{Server, ServerOptions, Storage, TestClient, engines};
use klatch_tests::{Answer, Api, skipped};
use klatch_types::{ChannelId, SystemEntropy};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

/// How soon late work is done when nothing is in its way.
const SOON: Duration = Duration::from_secs(2);

/// An owner and a moderator of a group, who made a link; and someone who has it.
struct Scene {
    owner: TestClient,
    moderator: TestClient,
    guest: TestClient,
    channel: ChannelId,
    link: String,
}

impl Scene {
    async fn new(server: &Server) -> Result<Self> {
        let tenant = server.tenant()?;
        let (owner, moderator) = (tenant.user("ana").await?, tenant.user("rui").await?);
        let guest = tenant.user("eva").await?;
        let channel = tenant.group("links", &[&owner, &moderator]).await?;
        let role = Some(json!({ "role": "moderator" }));
        let path = format!("/v1/channels/{channel}/members/{}", moderator.user.id);
        let scene = Self {
            link: String::new(),
            owner,
            moderator,
            guest,
            channel,
        };
        let public = server.public();
        scene.as_owner(public)?.must("PATCH", &path, role).await?;
        let made = Api::new(public)?
            .with(&scene.moderator.token)
            .must("POST", &format!("/v1/channels/{channel}/invites"), None)
            .await?;
        Ok(Self {
            link: format!("/v1/invites/{}", made.text("code")?),
            ..scene
        })
    }

    fn as_owner(&self, server: SocketAddr) -> Result<Api> {
        Ok(Api::new(server)?.with(&self.owner.token))
    }

    async fn ban(&self, server: SocketAddr) -> Result<()> {
        let path = format!("/v1/channels/{}/bans/{}", self.channel, self.moderator.user.id);
        self.as_owner(server)?.must("PUT", &path, None).await.map(drop)
    }

    async fn open(&self, server: SocketAddr) -> Result<Answer> {
        Api::new(server)?
            .with(&self.guest.token)
            .call("GET", &self.link, None)
            .await
    }

    /// Waits until the link is gone everywhere, for no longer than late work may take.
    async fn ends(&self, servers: &[SocketAddr]) -> Result<()> {
        let until = Instant::now() + SOON;
        for server in servers {
            loop {
                let answer = self.open(*server).await?;
                if answer.code() == "gone" {
                    break;
                }
                ensure!(answer.code() == "ok", "{answer:?}");
                ensure!(
                    Instant::now() < until,
                    "the link of a banned moderator still works"
                );
            }
        }
        let accepted = Api::new(servers[0])?
            .with(&self.guest.token)
            .call("POST", &format!("{}/accept", self.link), None)
            .await?;
        ensure!(accepted.code() == "gone", "{accepted:?}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_of_a_banned_moderator_is_gone_within_two_seconds() -> Result<()> {
    let server = Server::start().await?;
    let scene = Scene::new(&server).await?;
    let servers: Vec<SocketAddr> = server.nodes().iter().map(|node| node.public()).collect();
    ensure!(scene.open(servers[0]).await?.code() == "ok");
    scene.ban(servers[0]).await?;
    scene.ends(&servers).await
}

/// Claims of late work fail as long as this is there; committing it does not.
const HOLD_SQLITE: &str =
    "CREATE TRIGGER hold BEFORE UPDATE ON work BEGIN SELECT raise(ABORT, 'held by a test'); END";
const HOLD_POSTGRES: &str = "
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'held by a test'; END $$;
    CREATE TRIGGER hold BEFORE UPDATE ON work FOR EACH ROW EXECUTE FUNCTION hold()";

async fn in_sqlite(data: &Path, sql: &'static str) -> Result<()> {
    let path = data.join("klatch.db");
    let (_log, sqlite) = klatch_log::sqlite::open(&path, &OpenOptions::default(), commit_feed().0)?;
    sqlite.write(move |db| Ok(db.execute_batch(sql)?)).await?;
    sqlite.close().await;
    Ok(())
}

async fn in_postgres(url: &str, sql: &str) -> Result<()> {
    let database = Postgres::open(PostgresOptions::new(url), &SystemEntropy).await?;
    Ok(database.client().await?.batch_execute(sql).await?)
}

/// A server over a new database whose URL is known.
async fn over_postgres(storage: Storage) -> Result<(Server, String)> {
    let made = || engines::Postgres::shared()?.database();
    let url = tokio::task::spawn_blocking(made).await??;
    let options = ServerOptions {
        storage: Some(storage),
        ..ServerOptions::default()
    };
    let server = Server::start_with(options.set("storage.url", &url)).await?;
    Ok((server, url))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_of_a_server_that_was_killed_after_the_commit_is_done_after_the_restart() -> Result<()> {
    match Storage::chosen()? {
        Storage::Memory => skipped("late work after a kill: memory is gone with the process"),
        Storage::Sqlite => {
            let mut server = Server::start().await?;
            server.stop().await?;
            in_sqlite(&server.data(), HOLD_SQLITE).await?;
            server.restart().await?;
            let scene = Scene::new(&server).await?;
            scene.ban(server.public()).await?;
            server.kill()?;
            in_sqlite(&server.data(), "DROP TRIGGER hold").await?;
            server.restart().await?;
            scene.ends(&[server.public()]).await?;
        }
        Storage::Postgres | Storage::Cluster => {
            let (mut server, url) = over_postgres(Storage::Postgres).await?;
            in_postgres(&url, HOLD_POSTGRES).await?;
            let scene = Scene::new(&server).await?;
            scene.ban(server.public()).await?;
            server.kill()?;
            in_postgres(&url, "DROP TRIGGER hold ON work").await?;
            server.restart().await?;
            scene.ends(&[server.public()]).await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_of_a_node_that_was_killed_after_the_commit_is_done_by_another() -> Result<()> {
    if Storage::chosen()? != Storage::Cluster {
        skipped("late work of a dead node: there is no other");
        return Ok(());
    }
    let (mut server, url) = over_postgres(Storage::Cluster).await?;
    in_postgres(&url, HOLD_POSTGRES).await?;
    let scene = Scene::new(&server).await?;
    let first = server.nodes().first().context("a node")?.public();
    scene.ban(first).await?;
    server.node_mut(0).kill()?;
    let others: Vec<SocketAddr> = server.nodes().iter().skip(1).map(|node| node.public()).collect();
    ensure!(scene.open(others[0]).await?.code() == "ok", "it is not done yet");
    in_postgres(&url, "DROP TRIGGER hold ON work").await?;
    scene.ends(&others).await
}
