//! The server under load: a process of its own, on a core of its own, with a data folder of its own.

use crate::machine::{Cores, Process};
use crate::options::Options;
use anyhow::{Context, bail, ensure};
use klatch_client::Rest;
use klatch_testkit::free_addresses;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest time a server may take to be ready.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// The space everything happens in.
const SPACE: &str = "bench";

/// A running server. Dropping it ends the process and takes its data away.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    pub(crate) public: SocketAddr,
    api_key: String,
}

/// The configuration: limits that protect a server from one busy client are lifted, because here one client is all.
/// Durability is left as it is.
fn server_config(public: SocketAddr, internal: SocketAddr, data: &Path) -> String {
    format!(
        "[server]\npublic = \"{public}\"\ninternal = \"{internal}\"\nworkers = 1\ndrain_seconds = 1\n\n\
         [storage]\nkind = \"sqlite\"\ndata_dir = {data:?}\n\n\
         [log]\ndir = \"\"\nlevel = \"warn\"\n\n\
         [limits]\nsends_per_second = 0\nsends_burst = 0\nframes_per_10_s = 0\nrequests_per_second = 0\n\
         connections_per_user = 0\nconnections_per_ip = 0\n"
    )
}

impl Server {
    /// Makes a space and a key, then starts a server and waits until it is ready.
    pub(crate) async fn start(options: &Options, cores: &Cores) -> anyhow::Result<Self> {
        Self::start_with(options, cores, "").await
    }

    /// The same with further sections of the configuration.
    pub(crate) async fn start_with(options: &Options, cores: &Cores, more: &str) -> anyhow::Result<Self> {
        let binary = options.server_binary()?;
        let folder = tempfile::Builder::new()
            .prefix("klatch-bench-")
            .tempdir_in(options.work_folder()?)?;
        let [public, internal] = free_addresses()?;
        let config = folder.path().join("klatch.toml");
        std::fs::write(
            &config,
            server_config(public, internal, &folder.path().join("data")) + "\n" + more,
        )?;
        cli(&binary, &config, &["space", "add", SPACE])?;
        let api_key = cli(&binary, &config, &["space", "key", "add", SPACE, "bench"])?;
        let log = std::fs::File::create(folder.path().join("server.log"))?;
        let mut serve = klatch(&binary, &config);
        serve
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = cores
            .on_server(|| serve.spawn())?
            .context("cannot start the server")?;
        let mut server = Self {
            child,
            folder,
            public,
            api_key,
        };
        server.wait_until_ready(internal).await?;
        Ok(server)
    }

    /// Calls with the space's API key.
    pub(crate) fn rest(&self) -> anyhow::Result<Rest> {
        Ok(Rest::new(format!("http://{}", self.public))?.with_token(&self.api_key))
    }

    pub(crate) fn process(&self) -> Process {
        Process(self.child.id())
    }

    async fn wait_until_ready(&mut self, internal: SocketAddr) -> anyhow::Result<()> {
        let rest = Rest::new(format!("http://{internal}"))?;
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.log());
            }
            let answer = rest.request(klatch_client::Method::GET, "/readyz").send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            ensure!(
                began.elapsed() < START_TIMEOUT,
                "the server is not ready: {}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The end of what the server said.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; its data goes with the folder either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn klatch(binary: &Path, config: &PathBuf) -> Command {
    let mut command = Command::new(binary);
    // A server takes its configuration from the environment too, and this one is to have none of the caller's.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KLATCH_") {
            command.env_remove(name);
        }
    }
    command.arg("--config").arg(config);
    command
}

/// Runs a command of the server's command line; what it printed.
fn cli(binary: &Path, config: &PathBuf, arguments: &[&str]) -> anyhow::Result<String> {
    let output = klatch(binary, config)
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`klatch {}` failed: {}",
        arguments.join(" "),
        said.trim()
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
