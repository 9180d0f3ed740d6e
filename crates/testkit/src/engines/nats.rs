//! A NATS server for tests.

use super::keeper::Keeper;
use super::process::pid;
use crate::ports::{PORT_TRIES, free_addresses};
use anyhow::{Context, bail, ensure};
use parking_lot::Mutex;
use rustix::process::{Signal, kill_process};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest time a server may take to be ready, also on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks at something outside this process.
pub(super) const POLL: Duration = Duration::from_millis(5);
/// Debian puts it where only root's PATH leads.
const PLACES: [&str; 2] = ["/usr/sbin", "/usr/local/bin"];

/// How a server begins: by default without TLS, for everyone on this machine.
#[derive(Clone, Debug, Default)]
pub struct NatsOptions {
    /// The only user and its password.
    pub user: Option<(String, String)>,
    /// The token that clients show.
    pub token: Option<String>,
    /// TLS is required: PEM files of the server's certificate and private key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// More options of the command line, such as `--no_advertise`.
    pub arguments: Vec<String>,
}

/// A server of its own, on a loopback port. Dropping it ends the server.
#[derive(Debug)]
pub struct Nats {
    binary: PathBuf,
    options: NatsOptions,
    address: SocketAddr,
    monitor: SocketAddr,
    process: Mutex<Option<Child>>,
    // Dropped before the folder, which it removes.
    keeper: Keeper,
    folder: TempDir,
}

impl Nats {
    /// A ready server for everyone on this machine.
    ///
    /// # Errors
    /// NATS is not installed, or does not start; the error has the end of its log.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(&NatsOptions::default())
    }

    /// A ready server. Errors as in [`Self::start`].
    pub fn start_with(options: &NatsOptions) -> anyhow::Result<Self> {
        for _ in 0..PORT_TRIES {
            let server = Self::prepare(options.clone())?;
            match server.run() {
                Err(_) if server.port_was_taken() => {}
                ended => return ended.map(|()| server),
            }
        }
        bail!("no free ports were found")
    }

    /// What clients connect to: `nats://127.0.0.1:PORT`, or `tls://…`.
    pub fn url(&self) -> String {
        let scheme = if self.options.tls.is_some() { "tls" } else { "nats" };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens for clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&self) -> anyhow::Result<()> {
        let mut process = self.process.lock();
        let mut child = process.take().context("NATS does not run")?;
        child.kill()?;
        child.wait()?;
        self.keeper.forget();
        Ok(())
    }

    /// Starts it again on the same ports.
    ///
    /// # Errors
    /// It runs already, or does not start.
    pub fn restart(&self) -> anyhow::Result<()> {
        ensure!(self.process.lock().is_none(), "NATS runs already");
        self.run()
    }

    /// SIGSTOP: it is there and does nothing, until [`Self::resume`].
    ///
    /// # Errors
    /// It does not run.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT. Errors as in [`Self::pause`].
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Its process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process.lock().as_ref().map(Child::id)
    }

    /// Folder with its log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The end of what it logged.
    pub fn log(&self) -> String {
        super::last_lines(&self.log_file())
    }

    /// A server on free ports that does not run yet.
    pub(super) fn prepare(options: NatsOptions) -> anyhow::Result<Self> {
        let name = "nats-server";
        let there = PLACES.iter().map(PathBuf::from);
        let binary = super::in_path(name)
            .or_else(|| there.into_iter().find(|folder| folder.join(name).is_file()))
            .context("there is no nats-server here: `scripts/setup` installs it")?
            .join(name);
        let folder = tempfile::Builder::new().prefix("klatch-nats-").tempdir()?;
        let [address, monitor] = free_addresses()?;
        let keeper = Keeper::start(folder.path(), "KILL")?;
        Ok(Self {
            binary,
            options,
            address,
            monitor,
            process: Mutex::new(None),
            keeper,
            folder,
        })
    }

    /// Another option of the command line, from the next start on.
    pub(super) fn add_argument(&mut self, argument: String) {
        self.options.arguments.push(argument);
    }

    pub(super) fn port_was_taken(&self) -> bool {
        self.log().contains("address already in use")
    }

    pub(super) fn run(&self) -> anyhow::Result<()> {
        let mut process = self.process.lock();
        let child = process.insert(self.command().spawn().context("cannot start NATS")?);
        self.keeper.keep(child.id())?;
        let began = Instant::now();
        while !self.greets() {
            let ended = child.try_wait()?.is_some();
            if ended || began.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                *process = None;
                self.keeper.forget();
                bail!("NATS does not start: {}", self.log());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// One of the monitoring pages, such as `/routez`: JSON.
    pub(super) fn monitor(&self, path: &str) -> anyhow::Result<serde_json::Value> {
        let mut stream = TcpStream::connect(self.monitor)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer
            .split_once("\r\n\r\n")
            .context("NATS gave half an answer")?;
        Ok(serde_json::from_str(body)?)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(["--addr", "127.0.0.1", "--port"])
            .arg(self.address.port().to_string())
            .arg("--http_port")
            .arg(self.monitor.port().to_string())
            .arg("--log")
            .arg(self.log_file());
        if let Some((user, password)) = &self.options.user {
            command.args(["--user", user, "--pass", password]);
        }
        if let Some(token) = &self.options.token {
            command.args(["--auth", token]);
        }
        if let Some((certificate, key)) = &self.options.tls {
            command.args(["--tls", "--tlscert"]).arg(certificate);
            command.arg("--tlskey").arg(key);
        }
        command.args(&self.options.arguments).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(self.errors());
        // Ctrl-C in a terminal is for whoever started it, who ends it.
        command.process_group(0);
        command
    }

    /// What it says before it has a log.
    fn errors(&self) -> Stdio {
        let file = OpenOptions::new().create(true).append(true).open(self.log_file());
        file.map_or_else(|_| Stdio::null(), Stdio::from)
    }

    /// A server begins each connection with a line about itself.
    fn greets(&self) -> bool {
        let Ok(stream) = TcpStream::connect(self.address) else {
            return false;
        };
        let mut line = String::new();
        stream.set_read_timeout(Some(PATIENCE)).is_ok()
            && BufReader::new(stream).read_line(&mut line).is_ok()
            && line.starts_with("INFO ")
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let process = self.process_id().context("NATS does not run")?;
        Ok(kill_process(pid(process)?, signal)?)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("nats.log")
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        // It may have been killed by the test.
        let _ = self.kill();
    }
}
