//! `klatch serve`: from the configuration to a running server, and from a signal to a clean stop.

mod address_file;
mod background;
mod banner;
mod first;
mod open_files;
mod signals;

use crate::compose::{Engine, Figures, Node, Operator, Storage, Surroundings};
use crate::config::{Config, StorageKind};
use crate::demo::Past;
use crate::log::{self, Logs};
use crate::metrics::{self, Metrics};
use address_file::AddressFile;
use anyhow::{Context, anyhow};
pub(crate) use first::FirstStart;
use klatch_types::{SystemClock, SystemEntropy};
pub(crate) use open_files::raise as raise_open_files;
use signals::Signals;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Within this time clients come back after a restart, each after a delay of its own.
const RECONNECT_SPREAD: Duration = Duration::from_secs(5);
/// How often sockets that came in while the server stopped are told so too.
const DRAIN_LOOK: Duration = Duration::from_millis(100);
/// Connections to the internal listener at once.
const INTERNAL_CONNECTIONS_MAX: usize = 256;
/// How long tasks that are left may take to notice that the runtime ends.
const RUNTIME_END: Duration = Duration::from_secs(1);

/// How the server is started.
pub struct Start {
    /// The configuration, checked.
    pub config: Config,
    /// Whether an empty database is filled with a demo.
    pub demo: bool,
    /// Tells the person who started it where it is.
    pub announce: Box<dyn Fn(&str) + Send>,
}

/// Runs the server until a signal stops it.
///
/// # Errors
/// If it cannot start, or the storage failed for good.
pub fn run(start: Start) -> anyhow::Result<()> {
    let clock = Arc::new(SystemClock);
    let logs = log::install(&start.config.log, clock.clone())
        .with_context(|| format!("cannot write logs to {}", start.config.log.dir.display()))?;
    // A second provider is harmless: the first stays.
    rustls::crypto::ring::default_provider().install_default().ok();
    let files_max = open_files::raise();
    let metrics = metrics::install(clock, logs.dropped())?;
    let workers = match start.config.server.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_name("klatch")
        .enable_all()
        .build()
        .context("cannot start threads")?;
    let served = runtime.block_on(serve(start, &metrics, open_files::for_connections(files_max)));
    if let Err(error) = &served {
        tracing::error!("stopped: {error:#}");
    }
    runtime.shutdown_timeout(RUNTIME_END);
    flush(logs);
    served
}

/// Writes the log lines that wait.
fn flush(logs: Logs) {
    drop(logs);
}

async fn serve(start: Start, metrics: &Metrics, connections_max: usize) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let storage = Storage::open(&start.config).await?;
    warn_of_no_bus(&start.config);
    let engine = storage.engine();
    let public = bind(start.config.server.public, "server.public").await;
    let internal = bind(start.config.server.internal, "server.internal").await;
    let served = match (public, internal) {
        (Ok(public), Ok(internal)) => {
            let listeners = Listeners {
                public,
                internal,
                connections_max,
            };
            serve_on(listeners, storage, start, metrics, signals).await
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    // However it went, what was queued is committed and the stop is marked as clean.
    engine.close().await;
    tracing::info!("app stopped");
    served
}

/// Says what a shared database without a bus is like.
fn warn_of_no_bus(config: &Config) {
    if config.storage.kind == StorageKind::Postgres && !config.cluster.has_bus() {
        tracing::warn!(
            "cluster.nats is empty: other servers over this database hear of new messages by asking it every second"
        );
    }
}

/// What the server listens on.
struct Listeners {
    public: TcpListener,
    internal: TcpListener,
    connections_max: usize,
}

async fn serve_on(
    listeners: Listeners,
    storage: Storage,
    start: Start,
    metrics: &Metrics,
    mut signals: Signals,
) -> anyhow::Result<()> {
    let Start {
        config,
        demo,
        announce,
    } = start;
    let engine = storage.engine();
    let clock = Arc::new(Past::default());
    let sockets = Node::sockets(&config);
    let surroundings =
        Surroundings::of(&config, listeners.public.local_addr()?, Arc::clone(&sockets)).await?;
    let operator = Operator::start(storage, surroundings, &config, clock.clone()).await?;
    let first = first::start(&operator, &config.first, demo, &clock)
        .await
        .context("cannot fill the database")?;
    let mut node = Node::new(operator, sockets, &config, figures(metrics))?;

    let Listeners {
        public,
        internal,
        connections_max,
    } = listeners;
    let (public_at, internal_at) = (public.local_addr()?, internal.local_addr()?);
    let stopping = Arc::new(AtomicBool::new(false));
    let (stop, stopped) = watch::channel(false);
    let (_internal, internal_stop) = watch::channel(false);
    let mut background = background::start(&node, metrics.clone());
    // The internal listener answers until the end, so that the drain can be watched.
    let inside = node
        .internal(&stopping, &engine)
        .serve(internal, INTERNAL_CONNECTIONS_MAX, internal_stop);
    let inside = tokio::spawn(inside);
    let outside = tokio::spawn(node.public().serve(public, connections_max, stopped));
    let address_file = AddressFile::write(config.storage.address_file(), public_at, internal_at)?;
    announce(&banner::banner(&config, (public_at, internal_at), first));
    tracing::info!(public = %public_at, internal = %internal_at, "app started listening on port {}", public_at.port());

    let why = wait(
        &mut signals,
        &engine,
        &mut node.operator.delivery,
        &mut background,
    )
    .await;
    stopping.store(true, Ordering::Relaxed);
    drop(address_file);
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("a second signal: stopping at once");
        std::process::exit(1);
    });
    stop.send(true).ok();
    drain(&node, outside, Duration::from_secs(config.server.drain_seconds)).await;
    node.operator.worker.stop().await;
    background.abort_all();
    inside.abort();
    why
}

fn figures(metrics: &Metrics) -> Figures {
    let metrics = metrics.clone();
    Arc::new(move || metrics.render())
}

/// Waits for a reason to stop: a signal is a good one.
async fn wait(
    signals: &mut Signals,
    engine: &Engine,
    delivery: &mut JoinHandle<()>,
    background: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "stopping");
            Ok(())
        }
        error = engine.failed() => Err(anyhow!(error).context("the storage failed and must not be written again")),
        ended = delivery => Err(anyhow!("delivery ended: {ended:?}")),
        Some(ended) = background.join_next() => Err(anyhow!("a background task ended: {ended:?}")),
    }
}

/// Sends the sockets away and lets requests under way finish, for at most `time`.
async fn drain(node: &Node, public: JoinHandle<()>, time: Duration) {
    // The others know first, so that nobody is sent here again.
    node.operator.cluster.drain_own(RECONNECT_SPREAD);
    let sockets = async {
        while !node.registry.is_empty() {
            node.registry.drain(RECONNECT_SPREAD, &SystemEntropy);
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    };
    let all = async { tokio::join!(sockets, public) };
    if tokio::time::timeout(time, all).await.is_err() {
        tracing::warn!(
            sockets = node.registry.len(),
            "some connections did not end in time"
        );
    }
    node.operator.cluster.bye();
}

async fn bind(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({key})"))
}
