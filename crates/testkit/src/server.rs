//! A real server process: started, killed, stopped and started again on the same data.

use crate::Tenant;
use crate::ports::{PORT_TRIES, free_address};
use anyhow::{Context, bail, ensure};
use klatch_client::{Method, Rest};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest time a server may take to be ready, also on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time a graceful stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between two looks at something outside this process.
const POLL: Duration = Duration::from_millis(10);
/// The space that every server begins with.
const SPACE: &str = "test";

/// How a server begins.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Configuration beside the defaults: `("limits.sends_per_second", "0")`. Later ones win.
    pub settings: Vec<(String, String)>,
    /// Profile of its space: `campus`, `meeting`, `course` or `app`.
    pub profile: String,
    /// The binary; [`binary`] if none.
    pub binary: Option<PathBuf>,
}

impl Default for ServerOptions {
    /// The limits that protect from one busy client are lifted: tests of limits set their own.
    fn default() -> Self {
        let unlimited = [
            "sends_per_second",
            "sends_burst",
            "frames_per_10_s",
            "requests_per_second",
            "logins_per_account_15_min",
            "logins_per_ip_15_min",
            "sign_ups_per_ip_hour",
            "connections_per_user",
            "connections_per_ip",
        ];
        let settings = unlimited
            .map(|key| (format!("limits.{key}"), "0".to_owned()))
            .to_vec();
        Self {
            settings,
            profile: "app".to_owned(),
            binary: None,
        }
    }
}

impl ServerOptions {
    /// With one more setting, such as `("limits.sends_per_second", "10")`.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_string()));
        self
    }
}

/// How a server ended.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// Its exit status.
    pub status: ExitStatus,
    /// From the signal to the end.
    pub took: Duration,
}

/// A server with a data folder of its own. Dropping it kills the process and removes the data.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    options: ServerOptions,
    binary: PathBuf,
    public: SocketAddr,
    internal: SocketAddr,
    api_key: String,
    child: Option<Child>,
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
        let folder = tempfile::Builder::new().prefix("klatch-test-").tempdir()?;
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = Self {
            folder,
            options,
            binary,
            public: nowhere,
            internal: nowhere,
            api_key: String::new(),
            child: None,
        };
        server.cli(&["space", "add", SPACE, "--profile", &server.options.profile])?;
        server.api_key = server.cli(&["space", "key", "add", SPACE, "test"])?;
        for _ in 0..PORT_TRIES {
            (server.public, server.internal) = (free_address()?, free_address()?);
            match server.run().await {
                Err(_) if server.log().contains("cannot listen on") => std::fs::write(server.log_file(), "")?,
                ended => return ended.map(|()| server),
            }
        }
        bail!("no free ports were found")
    }

    /// Starts again, on the same addresses and data, and waits until it is ready; how long that took.
    ///
    /// # Errors
    /// It runs already, or does not start.
    pub async fn restart(&mut self) -> anyhow::Result<Duration> {
        ensure!(self.child.is_none(), "the server runs already");
        let began = Instant::now();
        self.run().await?;
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
        Ok(())
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Errors
    /// It does not run, or takes too long and is killed.
    pub async fn stop(&mut self) -> anyhow::Result<Stopped> {
        let child = self.child.as_mut().context("the server does not run")?;
        let began = Instant::now();
        kill_process(pid(child)?, Signal::TERM)?;
        loop {
            if let Some(status) = child.try_wait()? {
                self.child = None;
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
        Ok(kill_process(
            pid(self.child.as_ref().context("the server does not run")?)?,
            Signal::STOP,
        )?)
    }

    /// SIGCONT. Errors as in [`Self::pause`].
    pub fn resume(&self) -> anyhow::Result<()> {
        Ok(kill_process(
            pid(self.child.as_ref().context("the server does not run")?)?,
            Signal::CONT,
        )?)
    }

    /// Runs a command of the command line on the server's data; what it printed. Most that write need a stopped server.
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

    /// Folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Process id, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Short name of its space.
    pub fn space(&self) -> &'static str {
        SPACE
    }

    /// Makes users and channels in its space.
    ///
    /// # Errors
    /// The machine cannot make an HTTP client.
    pub fn tenant(&self) -> anyhow::Result<Tenant> {
        Ok(Tenant::new(Rest::new(self.base())?.with_token(&self.api_key)))
    }

    /// The end of what it said on stdout and stderr.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(40).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    async fn run(&mut self) -> anyhow::Result<()> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_file())?;
        let (public, internal) = (self.public.to_string(), self.internal.to_string());
        let mut command = self.command(&["serve", "--public", &public, "--internal", &internal]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().context("cannot start the server")?);
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

    /// A command on this server's data, with nothing of the caller's configuration.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KLATCH_") {
                command.env_remove(name);
            }
        }
        for (key, value) in &self.options.settings {
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

    /// The folder with data, configuration and logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
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
