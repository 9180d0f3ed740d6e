//! Several processes over one PostgreSQL and NATS, each with configuration of its own.

use crate::{Api, Ear};
use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use klatch_engine::postgres::{Postgres as PostgresEngine, PostgresOptions};
use klatch_testkit::engines::{NatsCluster, Postgres};
use klatch_testkit::{Node, ServerOptions, binary, free_addresses};
use klatch_types::{Clock, Entropy, SystemClock, SystemEntropy};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long all nodes may take to know each other.
const MEETING: Duration = Duration::from_secs(20);
/// Pause between two looks at something outside this process.
const LOOK: Duration = Duration::from_millis(20);
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410).
const PKCS8_OF_ED25519: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// The password of those who have one.
pub const PASSWORD: &str = "correct horse battery";

/// Configuration: `("cluster.region", "north")`.
pub type Settings = Vec<(String, String)>;

/// A configuration out of pairs.
pub fn settings(pairs: &[(&str, &str)]) -> Settings {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// Processes of the binary over one database and one bus. Dropping it kills them and removes what they wrote.
pub struct Cluster {
    // Dropped before what they stand on.
    nodes: Vec<Node>,
    nats: NatsCluster,
    ground: Settings,
    key: String,
}

/// Someone with an access token, good on every node.
#[derive(Clone, Debug)]
pub struct Person {
    /// Id.
    pub id: String,
    /// Username.
    pub name: String,
    /// Access token.
    pub token: String,
    /// The device that the token belongs to; empty for tokens that the back end made.
    pub device: String,
    /// What the token is renewed with; empty for tokens that the back end made.
    pub refresh: String,
}

impl Cluster {
    /// As many nodes as there are configurations, all started at once on an empty database; they know each other.
    /// `everywhere` is what they have in common beside that.
    ///
    /// # Errors
    /// One does not start; the error has the end of its log.
    pub async fn start(nats: usize, everywhere: &[(&str, &str)], each: &[Settings]) -> Result<Self> {
        let key = format!(
            "kk_{}{}",
            uuid::Uuid::new_v4().simple(),
            uuid::Uuid::new_v4().simple()
        );
        let nats = NatsCluster::start(nats)?;
        // In a folder that goes also when the process of the tests ends without dropping anything.
        let key_file = nats.server(0).folder().join("first.key");
        std::fs::write(&key_file, &key)?;
        let mut ground = ServerOptions::default().settings;
        ground.extend(settings(&[
            ("storage.kind", "postgres"),
            ("storage.url", &Postgres::shared()?.database()?),
            ("cluster.nats", &serde_json::to_string(&nats.urls())?),
            ("first.space", "test"),
            ("first.api_key_file", &key_file.display().to_string()),
        ]));
        ground.extend(settings(everywhere));
        let mut cluster = Self {
            nodes: Vec::new(),
            nats,
            ground,
            key,
        };
        for own in each {
            let [public, internal] = free_addresses()?;
            let node = cluster.prepare(own.clone(), public, internal)?;
            cluster.nodes.push(node);
        }
        try_join_all(cluster.nodes.iter_mut().map(Node::restart)).await?;
        cluster.meet().await?;
        Ok(cluster)
    }

    /// Three nodes that differ in nothing. Errors as in [`Self::start`].
    pub async fn of_three() -> Result<Self> {
        Self::start(1, &[], &[vec![], vec![], vec![]]).await
    }

    fn prepare(&self, own: Settings, public: SocketAddr, internal: SocketAddr) -> Result<Node> {
        let all = self.ground.iter().cloned().chain(own).collect();
        Ok(Node::new(binary()?, all)?.at(public, internal))
    }

    /// Waits until every running node knows all running nodes, and no more.
    ///
    /// # Errors
    /// That takes too long.
    pub async fn meet(&self) -> Result<()> {
        let began = Instant::now();
        let running: Vec<usize> = (0..self.nodes.len())
            .filter(|at| self.nodes[*at].runs())
            .collect();
        for at in &running {
            loop {
                let known = self.cards(*at).await?.len();
                if known == running.len() {
                    break;
                }
                ensure!(began.elapsed() < MEETING, "node {at} knows {known} nodes");
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(())
    }

    /// One more node that differs by this configuration; it runs, and is the last.
    ///
    /// # Errors
    /// It does not start.
    pub async fn add(&mut self, own: Settings) -> Result<()> {
        let [public, internal] = free_addresses()?;
        let mut node = self.prepare(own, public, internal)?;
        node.restart().await?;
        self.nodes.push(node);
        Ok(())
    }

    /// Stops a node and starts it again, on the same addresses, with this configuration. Errors as in [`Self::add`].
    pub async fn restart_with(&mut self, at: usize, own: Settings) -> Result<()> {
        self.nodes[at].stop().await?;
        let internal: SocketAddr = self.nodes[at].internal_base().replace("http://", "").parse()?;
        let mut node = self.prepare(own, self.nodes[at].public(), internal)?;
        node.restart().await?;
        self.nodes[at] = node;
        Ok(())
    }

    /// One of the nodes.
    pub fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// The same, to do something to it.
    pub fn node_mut(&mut self, at: usize) -> &mut Node {
        &mut self.nodes[at]
    }

    /// How the nodes hear each other.
    pub fn nats(&self) -> &NatsCluster {
        &self.nats
    }

    /// Puts a new signing key into the database, as a rotation does.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn rotate_signing_key(&self) -> Result<()> {
        let url = self.ground.iter().find(|(key, _)| key == "storage.url");
        let url = url.context("there is a database")?.1.clone();
        let database = PostgresEngine::open(PostgresOptions::new(url), &SystemEntropy).await?;
        let mut secret = [0; 32];
        SystemEntropy.fill(&mut secret);
        let der = [&PKCS8_OF_ED25519[..], &secret].concat();
        let insert = "INSERT INTO signing_keys (kid, private_der, created_at) VALUES ('rotated', $1, $2)";
        database.execute(insert, &[&der, &SystemClock.now().0]).await?;
        Ok(())
    }

    /// REST on a node, as nobody.
    ///
    /// # Errors
    /// The machine cannot make an HTTP client.
    pub fn nobody(&self, at: usize) -> Result<Api> {
        Api::new(self.nodes[at].public())
    }

    /// REST on a node, as the back end of the space. Errors as in [`Self::nobody`].
    pub fn system(&self, at: usize) -> Result<Api> {
        Ok(self.nobody(at)?.with(&self.key))
    }

    /// REST on a node, as a person. Errors as in [`Self::nobody`].
    pub fn api(&self, at: usize, person: &Person) -> Result<Api> {
        Ok(self.nobody(at)?.with(&person.token))
    }

    /// The internal listener of a node. Errors as in [`Self::nobody`].
    pub fn inside(&self, at: usize) -> Result<Api> {
        let address = self.nodes[at].internal_base().replace("http://", "");
        Api::new(address.parse()?)
    }

    /// What a node answers about all nodes.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn cards(&self, at: usize) -> Result<Vec<Value>> {
        let answer = self.inside(at)?.must("GET", "/v1/nodes", None).await?;
        Ok(answer.body["nodes"].as_array().context("nodes")?.clone())
    }

    /// The id of a node. Errors as in [`Self::cards`].
    pub async fn id(&self, at: usize) -> Result<String> {
        let cards = self.cards(at).await?;
        let own = cards.iter().find(|card| card["asked"] == true);
        Ok(own.context("it says which it is")?["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// A new user with a token of the back end's.
    ///
    /// # Errors
    /// A server refuses.
    pub async fn person(&self, name: &str) -> Result<Person> {
        let system = self.system(0)?;
        let user = system
            .must("POST", "/v1/users", Some(json!({ "username": name })))
            .await?;
        let id = user.text("id")?;
        let token = system
            .must("POST", "/v1/tokens", Some(json!({ "user": id })))
            .await?;
        Ok(Person {
            id,
            name: name.to_owned(),
            token: token.text("access_token")?,
            device: String::new(),
            refresh: String::new(),
        })
    }

    /// A new user with [`PASSWORD`]. Errors as in [`Self::person`].
    pub async fn register(&self, name: &str) -> Result<()> {
        let body = json!({ "username": name, "password": PASSWORD });
        self.system(0)?.must("POST", "/v1/users", Some(body)).await?;
        Ok(())
    }

    /// Signs a registered user in on a node. Errors as in [`Self::person`].
    pub async fn log_in(&self, at: usize, space: &str, name: &str) -> Result<Person> {
        let body = json!({ "space": space, "username": name, "password": PASSWORD });
        let answer = self
            .nobody(at)?
            .must("POST", "/v1/auth/login", Some(body))
            .await?;
        Ok(Person {
            id: answer.body["user"]["id"].as_str().context("an id")?.to_owned(),
            name: name.to_owned(),
            token: answer.text("access_token")?,
            device: answer.text("device")?,
            refresh: answer.text("refresh_token")?,
        })
    }

    /// A private group that the first of the members makes on a node. Errors as in [`Self::person`].
    pub async fn group(&self, at: usize, members: &[&Person]) -> Result<String> {
        let (owner, others) = members.split_first().context("a group has an owner")?;
        let others: Vec<_> = others.iter().map(|person| &person.id).collect();
        let body = json!({ "kind": "group", "name": "together", "members": others });
        let made = self
            .api(at, owner)?
            .must("POST", "/v1/channels", Some(body))
            .await?;
        made.text("id")
    }

    /// A socket of a person on a node.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn ear(&self, at: usize, person: &Person) -> Result<Ear> {
        Ear::open(self.nodes[at].public(), &person.token).await
    }

    /// Runs a command of the command line beside the nodes, its arguments set apart by blanks; what it printed.
    ///
    /// # Errors
    /// It fails; the error has what it said.
    pub fn cli(&self, at: usize, line: &str) -> Result<String> {
        self.nodes[at].cli(&line.split(' ').collect::<Vec<_>>())
    }

    /// The same for commands that ask the node's internal listener.
    pub fn ask(&self, at: usize, line: &str) -> Result<String> {
        self.cli(
            at,
            &format!("{line} --internal {}", self.nodes[at].internal_base()),
        )
    }

    /// The value of a series of a node; 0 as long as there is none.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn metric(&self, at: usize, series: &str) -> Result<u64> {
        let page = reqwest::get(format!("{}/metrics", self.nodes[at].internal_base())).await?;
        let text = page.text().await?;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        Ok(value.map_or(Ok(0), str::parse::<u64>)?)
    }
}

/// Asks again and again until it is so; what was asked last is in the error.
///
/// # Errors
/// It is not so within the time.
pub async fn until<F>(within: Duration, what: &str, mut is_so: impl FnMut() -> F) -> Result<Duration>
where
    F: Future<Output = Result<bool>>,
{
    let began = Instant::now();
    loop {
        if is_so().await? {
            return Ok(began.elapsed());
        }
        ensure!(began.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
