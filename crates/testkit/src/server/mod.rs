//! A real server, of one process or of several: started, killed, stopped and started again on the same data.

mod node;
mod options;
mod storage;

pub use node::{Node, Stopped};
pub use options::ServerOptions;
pub use storage::Storage;

use crate::Tenant;
use crate::engines::Nats;
use anyhow::{Context, ensure};
use klatch_client::Rest;
use rustix::process::Signal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use storage::Ground;

/// The space that every server begins with.
const SPACE: &str = "test";

/// A server with data of its own. Dropping it kills its processes and removes the data.
///
/// Of several processes, [`Self::public`] and [`Self::base`] name one after the other, so that clients are spread over
/// them; what is done to the server is done to all of them.
#[derive(Debug)]
pub struct Server {
    // Dropped before what they stand on.
    nodes: Vec<Node>,
    ground: Ground,
    storage: Storage,
    api_key: String,
    next: AtomicUsize,
}

/// The binary under test: `KLATCH_BIN`, or `klatch` in the build folder of the running test.
///
/// # Errors
/// There is none.
pub fn binary() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("KLATCH_BIN").map(PathBuf::from);
    let this = std::env::current_exe()?;
    // A test is in `target/PROFILE/deps`, an example or a tool one folder higher.
    let mut beside = this
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("klatch"));
    let path = named.or_else(|| beside.find(|path| path.is_file()));
    let path = path.context("there is no klatch binary: `cargo build -p klatch-server` makes it")?;
    path.canonicalize()
        .with_context(|| format!("there is no {}", path.display()))
}

impl Server {
    /// A ready server with one space and default options.
    ///
    /// # Errors
    /// It does not start; the error has the end of its log.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(ServerOptions::default()).await
    }

    /// A ready server with one space. Errors as in [`Self::start`].
    pub async fn start_with(options: ServerOptions) -> anyhow::Result<Self> {
        let binary = options.binary.clone().map_or_else(binary, Ok)?;
        let storage = options.storage.map_or_else(Storage::chosen, Ok)?;
        let ground = Ground::new(storage, SPACE, &options.profile)?;
        let settings: Vec<_> = ground.settings.iter().chain(&options.settings).cloned().collect();
        let several = storage.nodes() > 1;
        let nodes = (0..storage.nodes()).map(|_| {
            let node = Node::new(binary.clone(), settings.clone())?;
            Ok(if several { node.advertising() } else { node })
        });
        let mut server = Self {
            nodes: nodes.collect::<anyhow::Result<_>>()?,
            api_key: ground.api_key.clone().unwrap_or_default(),
            ground,
            storage,
            next: AtomicUsize::new(0),
        };
        if server.api_key.is_empty() {
            server.cli(&["space", "add", SPACE, "--profile", &options.profile])?;
            server.api_key = server.cli(&["space", "key", "add", SPACE, "test"])?;
        }
        for node in &mut server.nodes {
            node.start().await?;
        }
        Ok(server)
    }

    /// Starts what does not run again, on the same addresses and data, and waits until all is ready; how long that took.
    ///
    /// # Errors
    /// All of it runs already, or does not start.
    pub async fn restart(&mut self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let mut down: Vec<_> = self.nodes.iter_mut().filter(|node| !node.runs()).collect();
        ensure!(!down.is_empty(), "the server runs already");
        for node in &mut down {
            node.spawn()?;
        }
        for node in down {
            node.ready().await?;
        }
        Ok(began.elapsed())
    }

    /// SIGKILL, and waits until its processes are gone.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let mut up = self.running()?;
        // All of them before any is waited for: none sees another go first.
        for node in &up {
            node.signal(Signal::KILL)?;
        }
        up.iter_mut().try_for_each(|node| node.kill())
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Errors
    /// It does not run, or takes too long and is killed.
    pub async fn stop(&mut self) -> anyhow::Result<Stopped> {
        let (mut up, began) = (self.running()?, Instant::now());
        for node in &up {
            node.signal(Signal::TERM)?;
        }
        let mut all: Option<Stopped> = None;
        for node in &mut up {
            let stopped = node.stopped(began).await?;
            let before = all.filter(|before| !before.status.success());
            all = Some(Stopped {
                status: before.map_or(stopped.status, |before| before.status),
                took: began.elapsed(),
            });
        }
        all.context("the server does not run")
    }

    /// SIGSTOP: it is there and does nothing, until [`Self::resume`].
    ///
    /// # Errors
    /// It does not run.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.nodes.iter().try_for_each(Node::pause)
    }

    /// SIGCONT. Errors as in [`Self::pause`].
    pub fn resume(&self) -> anyhow::Result<()> {
        self.nodes.iter().try_for_each(Node::resume)
    }

    /// Runs a command of the command line on the server's data; what it printed. With SQLite most that write need a
    /// stopped server; a server's memory is out of reach.
    ///
    /// # Errors
    /// It fails; the error has what it said.
    pub fn cli(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.node(0).cli(arguments)
    }

    /// Where it keeps its data.
    pub fn storage(&self) -> Storage {
        self.storage
    }

    /// One of its processes.
    ///
    /// # Panics
    /// There are not so many.
    pub fn node(&self, number: usize) -> &Node {
        &self.nodes[number]
    }

    /// The same, to do something to it. Panics as [`Self::node`].
    pub fn node_mut(&mut self, number: usize) -> &mut Node {
        &mut self.nodes[number]
    }

    /// All its processes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What the processes of a cluster hear each other through.
    pub fn nats(&self) -> Option<&Nats> {
        self.ground.nats.as_ref()
    }

    /// Address of a public listener, such as `http://127.0.0.1:20123`: of the next process that runs.
    pub fn base(&self) -> String {
        self.turn().base()
    }

    /// Address of the internal listener of the first process.
    pub fn internal_base(&self) -> String {
        self.node(0).internal_base()
    }

    /// Address of a public listener: of the next process that runs.
    pub fn public(&self) -> SocketAddr {
        self.turn().public()
    }

    /// Data folder of the first process.
    pub fn data(&self) -> PathBuf {
        self.node(0).data()
    }

    /// The folder of the first process, with data, configuration and logs.
    pub fn folder(&self) -> &Path {
        self.node(0).folder()
    }

    /// Id of the first process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.node(0).process_id()
    }

    /// Short name of its space.
    pub fn space(&self) -> &'static str {
        SPACE
    }

    /// An API key of its space.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Makes users and channels in its space.
    ///
    /// # Errors
    /// The machine cannot make an HTTP client.
    pub fn tenant(&self) -> anyhow::Result<Tenant> {
        let doors = self
            .nodes
            .iter()
            .map(|node| Ok(Rest::new(node.base())?.with_token(&self.api_key)));
        Ok(Tenant::new(doors.collect::<anyhow::Result<_>>()?))
    }

    /// The end of what it said on stdout and stderr.
    pub fn log(&self) -> String {
        let logs: Vec<_> = self.nodes.iter().map(Node::log).collect();
        logs.join("\n--- the next process ---\n")
    }

    fn turn(&self) -> &Node {
        let up: Vec<_> = self.nodes.iter().filter(|node| node.runs()).collect();
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        match up.len() {
            0 => self.node(0),
            count => up[turn % count],
        }
    }

    fn running(&mut self) -> anyhow::Result<Vec<&mut Node>> {
        let up: Vec<_> = self.nodes.iter_mut().filter(|node| node.runs()).collect();
        ensure!(!up.is_empty(), "the server does not run");
        Ok(up)
    }
}
