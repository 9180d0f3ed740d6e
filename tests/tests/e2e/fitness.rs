//! S0.11: `klatch fitness` against real servers, good ones and such as are not there.

use anyhow::{Context, Result, ensure};
use klatch_testkit::{Server, ServerOptions, Storage, binary};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server as one starts it to be measured: one machine is all of its clients.
async fn server() -> Result<Server> {
    let options = ServerOptions::default()
        .set("limits.requests_per_second", "0")
        .set("limits.connections_per_ip", "0")
        .set("limits.sends_per_second", "0")
        .set("limits.sends_burst", "0");
    Server::start_with(options).await
}

fn key(text: &str) -> Result<NamedTempFile> {
    let file = NamedTempFile::new()?;
    std::fs::write(file.path(), text)?;
    Ok(file)
}

/// The command with these arguments, set apart by blanks.
fn fitness(base: &str, key: &NamedTempFile, arguments: &str) -> Result<Command> {
    let mut command = Command::new(binary()?);
    command
        .args(["fitness", base, "--json", "--key-file"])
        .arg(key.path())
        .args(arguments.split_whitespace())
        .env_remove("KLATCH_BIN")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}

/// Runs it to its end: exit code, and what it printed.
async fn measured(base: &str, key: &NamedTempFile, arguments: &str) -> Result<(i32, Value)> {
    let output = tokio::time::timeout(PATIENCE * 2, fitness(base, key, arguments)?.output()).await??;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code().context("it was killed")?;
    let report =
        serde_json::from_slice(&output.stdout).with_context(|| format!("exit code {code}: {said}"))?;
    Ok((code, report))
}

fn row<'a>(report: &'a Value, function: &str) -> Result<&'a Value> {
    let rows = report["functions"].as_array().context("functions")?;
    rows.iter()
        .find(|row| row["function"] == function)
        .with_context(|| format!("no {function} in {report}"))
}

const SMALL: &str = "--lasting 2s --probe 200ms --burst 300 --min simultaneous_requests=300";

/// S0.11: every function is measured, the exit code is the verdict, and one that cannot be met fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_server_is_fit_for_a_few_hundred() -> Result<()> {
    let server = server().await?;
    let key = key(server.api_key())?;
    let arguments = format!("{SMALL} --min users_online=300 --ideal users_online=300");
    let (code, report) = measured(&server.base(), &key, &arguments).await?;
    ensure!(code == 0, "{report:#}");
    for (function, verdicts) in [
        ("users_online", &["ideal"][..]),
        ("send_latency", &["ideal", "pass"]),
        ("channel_rate", &["ideal"]),
        ("simultaneous_requests", &["pass"]),
        ("uptime", &["ideal"]),
        ("known_vulnerabilities", &["unknown"]),
    ] {
        let row = row(&report, function)?;
        let verdict = row["verdict"].as_str().unwrap_or_default();
        ensure!(verdicts.contains(&verdict), "{row}");
    }
    ensure!(row(&report, "users_online")?["measured"] == 300.0, "{report:#}");
    ensure!(report["version"].is_string(), "{report:#}");

    // The same guests again, and thresholds that nobody can meet.
    let arguments = format!("{SMALL} --users 50 --min users_online=60 --max send_latency=0.000001");
    let (code, report) = measured(&server.base(), &key, &arguments).await?;
    ensure!(code == 1, "{report:#}");
    ensure!(row(&report, "users_online")?["verdict"] == "fail", "{report:#}");
    ensure!(row(&report, "users_online")?["measured"] == 50.0, "{report:#}");
    ensure!(row(&report, "send_latency")?["verdict"] == "fail", "{report:#}");
    ensure!(row(&report, "channel_rate")?["verdict"] == "ideal", "{report:#}");
    Ok(())
}

/// S0.11: limits that stand in the way are named, with what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_in_the_way_is_named() -> Result<()> {
    let server = Server::start_with(
        ServerOptions::default()
            .set("limits.requests_per_second", "0")
            .set("limits.connections_per_ip", "40"),
    )
    .await?;
    let key = key(server.api_key())?;
    let arguments = format!("{SMALL} --users 200 --min users_online=200");
    let (code, report) = measured(&server.base(), &key, &arguments).await?;
    ensure!(code == 1, "{report:#}");
    let row = row(&report, "users_online")?;
    ensure!(row["verdict"] == "fail", "{row}");
    let detail = row["detail"].as_str().unwrap_or_default();
    ensure!(detail.contains("limits.connections_per_ip=0"), "{row}");
    Ok(())
}

/// S0.11: a server that is not there has no uptime; a key that is refused is no measurement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_server_is_not_fit() -> Result<()> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let no_key = key("kk_nobody")?;
    let (code, report) = measured(&format!("http://{port}"), &no_key, SMALL).await?;
    ensure!(code == 1, "{report:#}");
    let uptime = row(&report, "uptime")?;
    ensure!(
        uptime["verdict"] == "fail" && uptime["measured"] == 0.0,
        "{uptime}"
    );
    ensure!(
        row(&report, "users_online")?["verdict"] == "unknown",
        "{report:#}"
    );

    let server = server().await?;
    let (code, report) = measured(&server.base(), &no_key, SMALL).await?;
    ensure!(code == 2, "{report:#}");
    ensure!(row(&report, "uptime")?["verdict"] == "unknown", "{report:#}");
    Ok(())
}

/// S0.11: nobody loads a stranger's server by mistake.
#[tokio::test]
async fn other_machines_are_loaded_on_purpose_only() -> Result<()> {
    let key = key("kk_nobody")?;
    let output = fitness("http://192.0.2.7:8080", &key, "")?.output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.code() == Some(2) && said.contains("--allow-remote"),
        "{said}"
    );
    Ok(())
}

/// The long-running probe of one server.
struct Probe {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    metrics: String,
}

impl Probe {
    async fn start(base: &str, key: &NamedTempFile) -> Result<Self> {
        let mut child = fitness(base, key, "--every 100ms --metrics 127.0.0.1:0")?
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("it has a stdout")?).lines();
        let mut probe = Self {
            child,
            lines,
            metrics: String::new(),
        };
        let first = probe.line().await?;
        ensure!(first["event"] == "metrics", "{first}");
        probe.metrics = first["detail"].as_str().context("an address")?.to_owned();
        Ok(probe)
    }

    async fn line(&mut self) -> Result<Value> {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await??;
        Ok(serde_json::from_str(&line.context("it has ended")?)?)
    }

    /// A figure of its metrics.
    async fn figure(&self, name: &str) -> Result<f64> {
        let page = reqwest::get(&self.metrics).await?.text().await?;
        let line = page.lines().find(|line| line.split(' ').next() == Some(name));
        let value = line
            .with_context(|| format!("no {name} in {page}"))?
            .rsplit(' ')
            .next();
        Ok(value.unwrap_or_default().parse()?)
    }

    async fn end(mut self) -> Result<(i32, Value)> {
        let id = self.child.id().context("it runs")?.to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await?;
        ensure!(told.success());
        let last = loop {
            let line = self.line().await?;
            if line["event"] == "end" {
                break line;
            }
        };
        let code = self.child.wait().await?.code();
        Ok((code.context("it ended by itself")?, last))
    }
}

/// S0.11: the probe notices that a server was killed and that it came back, and counts both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_probe_notices_a_restart() -> Result<()> {
    let mut server = server().await?;
    let key = key(server.api_key())?;
    let base = server.node(0).base();
    let mut probe = Probe::start(&base, &key).await?;
    ensure!(probe.line().await?["event"] == "up");
    ensure!(probe.figure("klatch_fitness_up").await? == 1.0);
    ensure!(probe.figure("klatch_fitness_send_latency_seconds").await? > 0.0);

    if server.storage() == Storage::Memory {
        // What was in memory is gone, and the key with it: this much it notices too.
        server.kill()?;
        ensure!(probe.line().await?["event"] == "down");
        let (code, last) = probe.end().await?;
        ensure!(code == 1 && last["failures"] == 1, "{last}");
        return Ok(());
    }
    server.node_mut(0).kill()?;
    let down = probe.line().await?;
    ensure!(down["event"] == "down", "{down}");
    ensure!(probe.figure("klatch_fitness_up").await? == 0.0);
    server.restart().await?;
    let up = probe.line().await?;
    ensure!(up["event"] == "up" && up["failures"] == 1, "{up}");
    ensure!(probe.figure("klatch_fitness_failures_total").await? == 1.0);
    ensure!(probe.figure("klatch_fitness_mtrs_seconds").await? > 0.0);
    ensure!(probe.figure("klatch_fitness_availability_ratio").await? < 1.0);
    let (code, last) = probe.end().await?;
    let percent = last["uptime_percent"].as_f64().context("a figure")?;
    ensure!((code == 0) == (percent >= 99.0), "exit code {code}: {last}");
    ensure!(
        last["mtbf_seconds"].as_f64().is_some_and(|mtbf| mtbf > 0.0),
        "{last}"
    );
    Ok(())
}
