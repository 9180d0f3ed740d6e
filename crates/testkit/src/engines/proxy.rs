//! A broken network: a TCP proxy on loopback that passes, cuts or stalls what goes through it.

use crate::ports::{PORT_TRIES, free_address};
use anyhow::{Context, bail};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// Bytes that are taken at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    Both,
    /// From clients to the server.
    ToServer,
    /// From the server to clients.
    ToClient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Pass,
    Cut,
    Stall(Direction),
}

impl Mode {
    /// Whether bytes of a direction are held back.
    fn holds(self, direction: Direction) -> bool {
        match self {
            Self::Pass | Self::Cut => false,
            Self::Stall(stalled) => stalled == Direction::Both || stalled == direction,
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    to_server: AtomicU64,
    to_client: AtomicU64,
    connections: AtomicUsize,
}

/// What the owner asks of the thread.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Be(Mode),
    LeadTo(SocketAddr),
}

type Order = (Wish, std::sync::mpsc::Sender<std::io::Result<()>>);

/// A proxy before one address. It has a thread of its own, so that tests without a runtime can have it too. Dropping it
/// closes everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    orders: mpsc::UnboundedSender<Order>,
    counts: Arc<Counts>,
}

impl Proxy {
    /// A proxy that passes.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start(target: SocketAddr) -> anyhow::Result<Self> {
        for _ in 0..PORT_TRIES {
            // Not one that the kernel chooses: it must still be free when a cut ends.
            let address = free_address()?;
            let Ok(listener) = std::net::TcpListener::bind(address) else {
                continue;
            };
            listener.set_nonblocking(true)?;
            let (orders, received) = mpsc::unbounded_channel();
            let counts = Arc::<Counts>::default();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()?;
            let (mode, _) = watch::channel(Mode::Pass);
            let line = Line {
                address,
                target,
                mode,
                counts: counts.clone(),
            };
            std::thread::Builder::new()
                .name("proxy".to_owned())
                .spawn(move || runtime.block_on(line.run(listener, received)))?;
            return Ok(Self {
                address,
                orders,
                counts,
            });
        }
        bail!("no free port was found")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything goes through again, also what was held back by a stall. It has happened when this returns, as with
    /// the others.
    ///
    /// # Errors
    /// After a cut: someone took the port.
    pub fn pass(&self) -> anyhow::Result<()> {
        self.order(Wish::Be(Mode::Pass))
    }

    /// Closes all connections, and refuses new ones.
    ///
    /// # Errors
    /// As [`Self::pass`].
    pub fn cut(&self) -> anyhow::Result<()> {
        self.order(Wish::Be(Mode::Cut))
    }

    /// As in a partition: bytes are neither passed nor refused, connections stay open, new ones are accepted and
    /// hang.
    ///
    /// # Errors
    /// As [`Self::pass`].
    pub fn stall(&self, direction: Direction) -> anyhow::Result<()> {
        self.order(Wish::Be(Mode::Stall(direction)))
    }

    /// New connections go to another address from now on, as after a failover; those that are open stay.
    ///
    /// # Errors
    /// The proxy has ended, which would be a bug.
    pub fn lead_to(&self, target: SocketAddr) -> anyhow::Result<()> {
        self.order(Wish::LeadTo(target))
    }

    /// Bytes that were passed to the server.
    pub fn bytes_to_server(&self) -> u64 {
        self.counts.to_server.load(Ordering::Relaxed)
    }

    /// Bytes that were passed to clients.
    pub fn bytes_to_client(&self) -> u64 {
        self.counts.to_client.load(Ordering::Relaxed)
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::Relaxed)
    }

    fn order(&self, wish: Wish) -> anyhow::Result<()> {
        let (done, answer) = std::sync::mpsc::channel();
        self.orders
            .send((wish, done))
            .ok()
            .context("the proxy has ended")?;
        Ok(answer.recv().context("the proxy has ended")??)
    }
}

/// The thread's part of a proxy.
struct Line {
    address: SocketAddr,
    target: SocketAddr,
    mode: watch::Sender<Mode>,
    counts: Arc<Counts>,
}

impl Line {
    /// Until the owner is gone: the end of the runtime closes every connection.
    async fn run(mut self, listener: std::net::TcpListener, mut orders: mpsc::UnboundedReceiver<Order>) {
        let mut listener = TcpListener::from_std(listener).ok();
        loop {
            tokio::select! {
                biased;
                order = orders.recv() => {
                    let Some((wish, done)) = order else { return };
                    let obeyed = match wish {
                        Wish::Be(mode) => self.obey(mode, &mut listener).await,
                        Wish::LeadTo(target) => {
                            self.target = target;
                            Ok(())
                        }
                    };
                    // Whoever asked may not wait any more.
                    let _ = done.send(obeyed);
                }
                Some(Ok((client, _))) = accept(listener.as_ref()) => self.open(client),
            }
        }
    }

    async fn obey(&self, mode: Mode, listener: &mut Option<TcpListener>) -> std::io::Result<()> {
        self.mode.send_replace(mode);
        if mode == Mode::Cut {
            *listener = None;
            // Connections end by themselves, and the last one counted is the last one closed.
            while self.counts.connections.load(Ordering::Relaxed) > 0 {
                tokio::task::yield_now().await;
            }
        } else if listener.is_none() {
            *listener = Some(TcpListener::bind(self.address).await?);
        }
        Ok(())
    }

    fn open(&self, client: TcpStream) {
        let (target, counts, mut mode) = (self.target, self.counts.clone(), self.mode.subscribe());
        counts.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let mut cut = mode.clone();
            tokio::select! {
                _ = cut.wait_for(|mode| *mode == Mode::Cut) => {}
                // What is said of a connection that breaks is that it breaks, on both sides.
                _ = connect(client, target, &counts, &mut mode) => {}
            }
            counts.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<std::io::Result<(TcpStream, SocketAddr)>> {
    match listener {
        Some(listener) => Some(listener.accept().await),
        None => std::future::pending().await,
    }
}

async fn connect(
    client: TcpStream,
    target: SocketAddr,
    counts: &Counts,
    mode: &mut watch::Receiver<Mode>,
) -> std::io::Result<()> {
    // A handshake needs both directions.
    let _ = mode.wait_for(|mode| *mode == Mode::Pass).await;
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = pump(
        from_client,
        to_server,
        Direction::ToServer,
        &counts.to_server,
        mode.clone(),
    );
    let back = pump(
        from_server,
        to_client,
        Direction::ToClient,
        &counts.to_client,
        mode.clone(),
    );
    tokio::try_join!(there, back).map(drop)
}

/// One direction of a connection, until its end. A stall keeps the chunk that was just read.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    count: &AtomicU64,
    mut mode: watch::Receiver<Mode>,
) -> std::io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = from.read(&mut chunk).await?;
        let _ = mode.wait_for(|mode| !mode.holds(direction)).await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..length]).await?;
        count.fetch_add(length as u64, Ordering::Relaxed);
    }
}
