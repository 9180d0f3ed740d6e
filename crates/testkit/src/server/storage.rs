//! Where a test's server keeps its data, and so what kind of server it is.

use crate::engines::{Nats, Postgres};
use anyhow::bail;
use klatch_types::{Entropy, SystemEntropy};
use tempfile::TempDir;

/// Says which kind of server the tests are run with.
const VARIABLE: &str = "TEST_STORAGE";
/// Nodes of a cluster.
const CLUSTER_NODES: usize = 3;

/// The kinds of server that the same tests are run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// One process with SQLite.
    Sqlite,
    /// One process that keeps everything in memory: gone when it ends, and the command line cannot write to it.
    Memory,
    /// One process with a database of [`Postgres::shared`].
    Postgres,
    /// Three processes with one such database and one NATS server.
    Cluster,
}

impl Storage {
    /// What `TEST_STORAGE` says: `sqlite` (also if it says nothing), `memory`, `postgres` or `cluster`.
    ///
    /// # Errors
    /// It says something else.
    pub fn chosen() -> anyhow::Result<Self> {
        let chosen = std::env::var(VARIABLE).unwrap_or_default();
        Ok(match chosen.as_str() {
            "" | "sqlite" => Self::Sqlite,
            "memory" => Self::Memory,
            "postgres" => Self::Postgres,
            "cluster" => Self::Cluster,
            other => bail!("{VARIABLE} is sqlite, memory, postgres or cluster, not {other}"),
        })
    }

    /// Whether the data is there after a restart.
    pub fn is_durable(self) -> bool {
        self != Self::Memory
    }

    /// How many processes a server has.
    pub(super) fn nodes(self) -> usize {
        if self == Self::Cluster { CLUSTER_NODES } else { 1 }
    }
}

/// What the processes of a server share: configuration, and the engines behind it.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) settings: Vec<(String, String)>,
    pub(super) nats: Option<Nats>,
    /// The API key that the configuration gives, where the command line cannot make one.
    pub(super) api_key: Option<String>,
    /// Files that the configuration names.
    folder: TempDir,
}

impl Ground {
    /// Fresh and empty.
    pub(super) fn new(storage: Storage, space: &str, profile: &str) -> anyhow::Result<Self> {
        let mut ground = Self {
            settings: Vec::new(),
            nats: None,
            api_key: None,
            folder: tempfile::Builder::new().prefix("klatch-test-").tempdir()?,
        };
        match storage {
            Storage::Sqlite => {}
            Storage::Memory => {
                let key = api_key();
                let file = ground.folder.path().join("first.key");
                std::fs::write(&file, &key)?;
                ground.set("storage.kind", "memory");
                ground.set("first.space", space);
                ground.set("first.profile", profile);
                ground.set("first.api_key_file", &file.display().to_string());
                ground.api_key = Some(key);
            }
            Storage::Postgres => ground.use_postgres()?,
            Storage::Cluster => {
                ground.use_postgres()?;
                let nats = Nats::start()?;
                ground.set("cluster.nats", &format!("[\"{}\"]", nats.url()));
                ground.nats = Some(nats);
            }
        }
        Ok(ground)
    }

    fn use_postgres(&mut self) -> anyhow::Result<()> {
        let url = Postgres::shared()?.database()?;
        self.set("storage.kind", "postgres");
        self.set("storage.url", &url);
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str) {
        self.settings.push((key.to_owned(), value.to_owned()));
    }
}

/// A key as the configuration takes it.
fn api_key() -> String {
    let mut random = [0; 24];
    SystemEntropy.fill(&mut random);
    let digits = random.iter().map(|byte| format!("{byte:02x}"));
    format!("kk_{}", digits.collect::<String>())
}
