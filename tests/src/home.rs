//! A data folder with its configuration, and the server that runs in it.

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest wait for a start or a stop; either takes less than a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// The `klatch` binary: `TEST_KLATCH_BIN` if that is set, else built once per test run.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("TEST_KLATCH_BIN") {
            return path.into();
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = std::process::Command::new(cargo)
            .args(["build", "--quiet", "-p", "klatch-server", "--bin", "klatch"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo, which runs this test, can be started");
        assert!(built.success(), "the klatch binary does not build");
        // The test is target/PROFILE/deps/e2e-…: the binary lies two folders up, in the profile that was built.
        let test = std::env::current_exe().expect("the test knows where it is");
        let target = test
            .ancestors()
            .nth(3)
            .expect("a test lies in target/PROFILE/deps");
        target.join("debug").join("klatch")
    })
}

/// A folder that goes away with it: configuration, data, logs.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A new database with the space `default`; `config` is put behind the addresses and folders in the file.
    pub async fn new(config: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let logs = folder.path().join("logs");
        let text = format!(
            "[server]\npublic = \"127.0.0.1:0\"\ninternal = \"127.0.0.1:0\"\n\n[log]\ndir = \"{}\"\n\n{config}",
            logs.display()
        );
        fs::write(folder.path().join("klatch.toml"), text)?;
        let home = Self { folder };
        home.start().await?.stop().await?;
        Ok(home)
    }

    /// Runs a command, its arguments set apart by blanks, and gives back what it prints, trimmed.
    pub async fn cli(&self, arguments: &str) -> Result<String> {
        let done = self.command(arguments).output().await?;
        let told = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "klatch {arguments}: {told}");
        Ok(String::from_utf8(done.stdout)?.trim().to_owned())
    }

    /// Starts the server and waits until it listens.
    pub async fn start(&self) -> Result<Server> {
        let stderr = fs::File::options()
            .create(true)
            .append(true)
            .open(self.stderr())?;
        let mut child = self
            .command("serve")
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", binary().display()))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        // The banner comes when both listeners are bound and the address file is whole.
        let banner = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        if !matches!(banner, Ok(Ok(Some(_)))) {
            bail!("the server did not start: {}", fs::read_to_string(self.stderr())?);
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let text = fs::read_to_string(self.folder.path().join("data").join("klatch.addr"))?;
        let address = |name: &str| -> Result<SocketAddr> {
            let line = text.lines().find(|line| line.starts_with(name));
            let quoted = line.and_then(|line| line.split('"').nth(1));
            Ok(quoted
                .with_context(|| format!("klatch.addr has no {name}: {text}"))?
                .parse()?)
        };
        let (public, internal) = (address("public")?, address("internal")?);
        Ok(Server {
            child,
            public,
            internal,
        })
    }

    /// What the servers of this folder wrote on stderr.
    pub fn stderr(&self) -> PathBuf {
        self.folder.path().join("stderr")
    }

    /// A log file: `requests`, `combined` or `error`.
    pub fn log(&self, kind: &str) -> PathBuf {
        self.folder.path().join("logs").join(format!("{kind}.log"))
    }

    /// A file of this folder, for what a command reads.
    pub fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::write(&path, content)?;
        Ok(path)
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(binary());
        command
            .arg("--config")
            .arg(self.folder.path().join("klatch.toml"));
        command.arg("--data").arg(self.folder.path().join("data"));
        // The caller's own settings are not the test's.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KLATCH_"))
        {
            command.env_remove(name);
        }
        command
            .args(arguments.split(' '))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// Address of the public listener.
    pub public: SocketAddr,
    /// Address of the internal listener.
    pub internal: SocketAddr,
}

impl Server {
    /// Asks it to stop and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().context("the server has ended already")?;
        let pid = Pid::from_raw(i32::try_from(pid)?).context("a process has an id")?;
        kill_process(pid, Signal::TERM)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .context("it does not stop")??;
        ensure!(status.success(), "the server stopped with {status}");
        Ok(())
    }

    /// Whether it still runs.
    pub fn is_up(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }
}
