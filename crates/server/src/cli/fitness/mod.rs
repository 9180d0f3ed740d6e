//! `klatch fitness`: the fitness functions of S0.11, measured from outside, as a client sees a server; and the probe that
//! goes on measuring one.

mod bounds;
mod burst;
mod crowd;
mod echo;
mod latency;
mod rate;
mod report;
mod span;
mod subject;
mod uptime;
mod vulnerabilities;
mod watch;

use super::{complain, say};
use anyhow::{Context, bail};
use bounds::{Bounds, Function};
use clap::Args;
use echo::Echo;
use report::{Report, Row};
use span::Span;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use subject::Subject;
use tokio::sync::watch as signal;
use uptime::Uptime;

/// What the help says about exit codes.
const EXIT_CODES: &str = "Exit codes: 0 everything is as it must be, 1 something is not, 2 something could not be measured.\n\
    Functions: users_online, send_latency (seconds), channel_rate (messages per second), simultaneous_requests, \
    uptime (percent), known_vulnerabilities.";
/// Something could not be measured.
const EXIT_UNKNOWN: u8 = 2;

/// Measure a running server against its fitness functions, or go on probing it (--every)
///
/// Makes guests `fitness-0`, `fitness-1` … and a group `fitness` in the space of the API key, and uses the same ones the
/// next time.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Fitness {
    /// Address of the server
    #[arg(default_value = "http://127.0.0.1:8080")]
    url: String,
    /// File with an API key of the space to use; `-` reads it from stdin
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Load a server that is not on this machine; only do so to your own
    #[arg(long)]
    allow_remote: bool,
    /// Users to bring online; as many as `users_online` needs if left out
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=200_000))]
    users: Option<u32>,
    /// Users that come online in a second
    #[arg(long, value_name = "NUMBER", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    users_per_second: u32,
    /// How long latency and rate are measured, each
    #[arg(long, value_name = "TIME", default_value = "20s")]
    lasting: Span,
    /// Requests and connections to make at once
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    burst: u32,
    /// How often the server is probed meanwhile
    #[arg(long, value_name = "TIME", default_value = "1s")]
    probe: Span,
    /// Another smallest value, such as users_online=500
    #[arg(long, value_name = "FUNCTION=VALUE")]
    min: Vec<bounds::Change>,
    /// Another ideal value
    #[arg(long, value_name = "FUNCTION=VALUE")]
    ideal: Vec<bounds::Change>,
    /// Another largest value
    #[arg(long, value_name = "FUNCTION=VALUE")]
    max: Vec<bounds::Change>,
    /// Sources that the server was built from, to look for known vulnerabilities in with cargo-deny
    #[arg(long, value_name = "DIR")]
    sources: Option<PathBuf>,
    /// Take it for a failure that known vulnerabilities could not be looked for
    #[arg(long)]
    strict: bool,
    /// Load nothing: send a message to oneself this often and tell how long the server was up, until SIGINT or SIGTERM
    #[arg(long, value_name = "TIME")]
    every: Option<Span>,
    /// With --every: serve Prometheus metrics at this loopback address
    #[arg(long, value_name = "ADDRESS", requires = "every")]
    metrics: Option<SocketAddr>,
    /// With --every: end after this time
    #[arg(long = "for", value_name = "TIME", requires = "every")]
    ends_after: Option<Span>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Fitness {
    /// Runs it; the exit code says what was found.
    pub(super) fn run(self) -> ExitCode {
        crate::serve::raise_open_files();
        let done = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("no runtime can be made")
            .and_then(|runtime| runtime.block_on(self.measure()));
        match done {
            Ok(code) => code,
            Err(error) => {
                complain(&error);
                ExitCode::from(EXIT_UNKNOWN)
            }
        }
    }

    async fn measure(self) -> anyhow::Result<ExitCode> {
        let bounds = Bounds::with(&self.min, &self.ideal, &self.max);
        if !self.allow_remote && !is_here(&self.url) {
            bail!(
                "`{}` is not on this machine: say --allow-remote if it is yours and may be loaded",
                self.url
            );
        }
        let subject = Arc::new(Subject::new(&self.url, &read_key(&self.key_file)?)?);
        if let Some(every) = self.every {
            let watch = watch::Watch {
                subject,
                every: every.0,
                metrics: self.metrics,
                ends_after: self.ends_after.map(|span| span.0),
                json: self.json,
            };
            return watch.run(&bounds).await;
        }
        let report = self.all(&subject, &bounds).await;
        say(&if self.json { report.json()? } else { report.table() });
        Ok(report.exit_code(self.strict))
    }

    /// Every function in turn, with all users online and the server probed throughout.
    async fn all(&self, subject: &Arc<Subject>, bounds: &Bounds) -> Report {
        let mut report = Report::new(subject.base());
        if let Err(error) = subject.prepare().await {
            let why = format!("{:#}", anyhow::Error::from(error));
            let reached = subject.reachable().await;
            for function in Function::ALL {
                report.add(match function {
                    Function::Uptime if !reached => Row::measured(function, bounds, 0.0, why.clone()),
                    Function::KnownVulnerabilities => self.vulnerabilities(bounds).await,
                    _ => Row::unknown(function, bounds, why.clone()),
                });
            }
            return report;
        }
        report.version = subject.version().await;
        let (stop, stopped) = signal::channel(false);
        let probing = tokio::spawn(probe(Arc::clone(subject), self.probe.0, stopped));

        let wanted = self.users.unwrap_or_else(|| bounds.users_online());
        let crowd = crowd::gather(subject, wanted, self.users_per_second).await;
        report.add(latency::measure(subject, bounds, self.lasting.0).await);
        report.add(rate::measure(subject, bounds, self.lasting.0).await);
        report.add(burst::measure(subject, bounds, self.burst).await);
        // Last, so that it tells who stayed through everything.
        report.add(crowd.row(bounds));
        // Nobody waits for it if it is gone.
        let _ = stop.send(true);
        report.add(match probing.await {
            Ok(uptime) => uptime.row(bounds),
            Err(error) => Row::unknown(Function::Uptime, bounds, error.to_string()),
        });
        report.add(self.vulnerabilities(bounds).await);
        report
    }

    async fn vulnerabilities(&self, bounds: &Bounds) -> Row {
        vulnerabilities::measure(self.sources.as_deref(), bounds).await
    }
}

/// Sends to oneself every so often until it is stopped, and keeps account of when that worked.
async fn probe(subject: Arc<Subject>, every: Duration, mut stopped: signal::Receiver<bool>) -> Uptime {
    let mut uptime = Uptime::default();
    let mut echo: Option<Echo> = None;
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.changed() => return uptime.until(tokio::time::Instant::now()),
        }
        let probed = echo::probe(&subject, &mut echo).await;
        uptime.observe(tokio::time::Instant::now(), probed.is_ok());
    }
}

/// Whether an address is of this machine and needs no name to be looked up.
fn is_here(url: &str) -> bool {
    let authority = url.strip_prefix("http://").unwrap_or_default();
    let authority = authority.split('/').next().unwrap_or_default();
    if let Ok(address) = authority.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let host = authority.split(':').next().unwrap_or_default();
    let ip = host.parse::<std::net::Ipv4Addr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

fn read_key(file: &PathBuf) -> anyhow::Result<String> {
    let text = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin().lock()).context("stdin cannot be read")?
    } else {
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
    };
    let key = text.trim();
    if key.is_empty() {
        bail!(
            "{} holds no API key: `klatch space key add` makes one",
            file.display()
        );
    }
    Ok(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_here() {
        for here in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://localhost:8080/",
            "http://[::1]:8080",
        ] {
            assert!(is_here(here), "{here}");
        }
        for elsewhere in [
            "http://10.0.0.1:8080",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org:8080",
            "http://[2001:db8::1]:8080",
            "https://127.0.0.1",
            "127.0.0.1:8080",
            "http://",
        ] {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }
}
