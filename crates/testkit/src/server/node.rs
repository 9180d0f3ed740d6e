//! One process of a server, on ports and in a folder of its own.

use crate::engines::Keeper;
use crate::ports::{PORT_TRIES, free_addresses};
use anyhow::{Context, bail, ensure};
use klatch_client::{Method, Rest};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest time a process may take to be ready, also on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time a graceful stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between two looks at something outside this process.
const POLL: Duration = Duration::from_millis(10);

/// How a process, or the slowest of several, ended.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// Its exit status; of several, the first that is no success.
    pub status: ExitStatus,
    /// From the signal to the end.
    pub took: Duration,
}

/// One process of a server. It ends, and its folder goes, when this is dropped and also when the test process is killed.
#[derive(Debug)]
pub struct Node {
    settings: Vec<(String, String)>,
    /// More options of `serve`.
    arguments: Vec<String>,
    binary: PathBuf,
    /// Whether it is one of several, which tell clients of each other.
    advertises: bool,
    public: SocketAddr,
    internal: SocketAddr,
    child: Option<Child>,
    // Dropped before the folder, which it removes.
    keeper: Keeper,
    folder: TempDir,
}

impl Node {
    /// A process of this binary, in a folder of its own, with configuration such as `("cluster.region", "north")`. It
    /// does not run yet, and has no addresses.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn new(binary: PathBuf, settings: Vec<(String, String)>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("klatch-test-").tempdir()?;
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(Self {
            settings,
            arguments: Vec::new(),
            binary,
            advertises: false,
            public: nowhere,
            internal: nowhere,
            child: None,
            keeper: Keeper::start(folder.path(), "KILL")?,
            folder,
        })
    }

    /// With these addresses of its two listeners, for [`Self::restart`].
    #[must_use]
    pub fn at(mut self, public: SocketAddr, internal: SocketAddr) -> Self {
        (self.public, self.internal) = (public, internal);
        self
    }

    /// With one more option of `serve`, such as `--demo`.
    #[must_use]
    pub fn with(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Tells clients where it is, as one of several.
    #[must_use]
    pub fn advertising(mut self) -> Self {
        self.advertises = true;
        self
    }

    /// Starts for the first time, on free ports, and waits until it is ready.
    ///
    /// # Errors
    /// It does not start; the error has the end of its log.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        for _ in 0..PORT_TRIES {
            [self.public, self.internal] = free_addresses()?;
            self.spawn()?;
            match self.ready().await {
                Err(_) if self.log().contains("cannot listen on") => std::fs::write(self.log_file(), "")?,
                ended => return ended,
            }
        }
        bail!("no free ports were found")
    }

    /// Starts it, or starts it again, on the same addresses and data, and waits until it is ready; how long that took.
    ///
    /// # Errors
    /// It runs already, or does not start; the error has the end of its log.
    pub async fn restart(&mut self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        self.spawn()?;
        self.ready().await?;
        Ok(began.elapsed())
    }

    /// SIGKILL, and waits until the process is gone.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("the server does not run")?;
        child.kill()?;
        child.wait()?;
        self.keeper.forget();
        Ok(())
    }

    /// How it ended, if it did so by itself or by another's hand.
    ///
    /// # Errors
    /// It was not started.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let child = self.child.as_mut().context("the server does not run")?;
        let ended = child.try_wait()?;
        if ended.is_some() {
            self.child = None;
            self.keeper.forget();
        }
        Ok(ended)
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Errors
    /// It does not run, or takes too long and is killed.
    pub async fn stop(&mut self) -> anyhow::Result<Stopped> {
        let began = Instant::now();
        self.signal(Signal::TERM)?;
        self.stopped(began).await
    }

    /// After SIGTERM: waits until it has ended.
    pub(super) async fn stopped(&mut self, began: Instant) -> anyhow::Result<Stopped> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Stopped {
                    status,
                    took: began.elapsed(),
                });
            }
            if began.elapsed() > STOP_TIMEOUT {
                self.kill()?;
                bail!("the server did not stop within {STOP_TIMEOUT:?}: {}", self.log());
            }
            tokio::time::sleep(POLL).await;
        }
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

    /// Sends a signal.
    pub(super) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let child = self.child.as_ref().context("the server does not run")?;
        Ok(kill_process(pid(child)?, signal)?)
    }

    /// Runs a command of the command line on its data; what it printed.
    ///
    /// # Errors
    /// It fails; the error has what it said.
    pub fn cli(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "`klatch {}` failed: {}",
            arguments.join(" "),
            said.trim()
        );
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Address of the public listener, such as `http://127.0.0.1:20123`.
    pub fn base(&self) -> String {
        format!("http://{}", self.public)
    }

    /// Address of the internal listener.
    pub fn internal_base(&self) -> String {
        format!("http://{}", self.internal)
    }

    /// Address of the public listener.
    pub fn public(&self) -> SocketAddr {
        self.public
    }

    /// Its data folder; empty but for its address where an engine outside keeps the data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder with data, configuration and logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it was started, and neither stopped nor killed since.
    pub fn runs(&self) -> bool {
        self.child.is_some()
    }

    /// Process id, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// The end of what it said on stdout and stderr.
    pub fn log(&self) -> String {
        crate::engines::last_lines(&self.log_file())
    }

    /// All that it says on stdout and stderr.
    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Starts the process and does not wait.
    pub(super) fn spawn(&mut self) -> anyhow::Result<()> {
        ensure!(self.child.is_none(), "the server runs already");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_file())?;
        let (public, internal) = (self.public.to_string(), self.internal.to_string());
        let mut command = self.command(&["serve", "--public", &public, "--internal", &internal]);
        if self.advertises {
            command.env("KLATCH_CLUSTER__ADVERTISE", self.base());
        }
        command.args(&self.arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Ctrl-C in a terminal is for whoever started it, who ends it.
        let child = command
            .process_group(0)
            .spawn()
            .context("cannot start the server")?;
        let process = child.id();
        self.child = Some(child);
        self.keeper.keep(process)
    }

    /// After [`Self::spawn`]: waits until it is ready, and kills it if it never is.
    pub(super) async fn ready(&mut self) -> anyhow::Result<()> {
        let ended = self.wait_until_ready().await;
        if ended.is_err() {
            self.kill()?;
        }
        ended
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let rest = Rest::new(self.internal_base())?;
        let began = Instant::now();
        loop {
            let child = self.child.as_mut().context("the server does not run")?;
            if let Some(status) = child.try_wait()? {
                bail!("the server ended with {status}: {}", self.log());
            }
            let answer = rest.request(Method::GET, "/readyz").send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            ensure!(
                began.elapsed() < START_TIMEOUT,
                "the server is not ready: {}",
                self.log()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// A command on its data, with nothing of the caller's configuration.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KLATCH_") {
                command.env_remove(name);
            }
        }
        for (key, value) in &self.settings {
            let name = key.to_ascii_uppercase().replacen('.', "__", 1);
            command.env(format!("KLATCH_{name}"), value);
        }
        command
            .current_dir(self.folder.path())
            .arg("--data")
            .arg(self.data())
            .args(arguments);
        command
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.child.is_some() {
            // It may have ended by itself.
            let _ = self.kill();
        }
    }
}

fn pid(child: &Child) -> anyhow::Result<Pid> {
    i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .context("the process has no id")
}
