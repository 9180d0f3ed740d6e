//! A PostgreSQL server for tests.

mod install;
mod standby;

use super::keeper::Keeper;
use super::process::{children, is_alive, pid};
use crate::ports::{PORT_TRIES, free_address};
use anyhow::{Context, anyhow, bail, ensure};
use install::Install;
use parking_lot::Mutex;
use rustix::process::{Signal, kill_process};
use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest time a server may take to be ready, or to stop, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks at something outside this process.
const POLL: Duration = Duration::from_millis(5);
/// A file system in memory, for data that need not last.
const MEMORY: &str = "/dev/shm";
/// Free bytes that it must have to be used: in containers it may be tiny.
const MEMORY_FREE_MIN: u64 = 4 << 30;
/// Name of the superuser, who needs no password.
const USER: &str = "postgres";

/// How a server begins.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    /// Commits reach the disk, as in production. Without, the data is lost with the machine, though not with the
    /// process, and tests are much faster.
    pub durable: bool,
    /// More lines of `postgresql.conf`, such as `("max_connections", "50")`. Later ones win.
    pub settings: Vec<(String, String)>,
}

/// A server of its own, on a loopback port. Dropping it ends the server and removes its data.
#[derive(Debug)]
pub struct Postgres {
    install: Install,
    options: PostgresOptions,
    port: u16,
    process: Mutex<Option<Child>>,
    databases: AtomicU32,
    standbys: AtomicU32,
    // Dropped before the folder, which it removes.
    keeper: Keeper,
    folder: TempDir,
}

impl Postgres {
    /// A ready server.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start; the error has the end of its log.
    pub fn start(options: PostgresOptions) -> anyhow::Result<Self> {
        let mut server = Self::prepare(options)?;
        let mut initdb = server.install.server_command("initdb");
        initdb
            .arg("--pgdata")
            .arg(server.data())
            .args(["--auth=trust", "--username", USER])
            .args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        server.finish(&mut initdb)?;
        server.run_on_a_free_port()?;
        Ok(server)
    }

    /// The server that all tests of this process share: not durable, started at first use, gone with the process.
    ///
    /// # Errors
    /// As [`Self::start`]; the same each time.
    pub fn shared() -> anyhow::Result<&'static Self> {
        static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start(PostgresOptions::default()).map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!("{error}"))
    }

    /// The URL of a fresh, empty database. Blocks for some hundredths of a second.
    ///
    /// # Errors
    /// The server does not run.
    pub fn database(&self) -> anyhow::Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed) + 1);
        // Copying files is quicker, but takes two checkpoints, which are dear where they reach the disk.
        let strategy = if self.options.durable {
            "wal_log"
        } else {
            "file_copy"
        };
        self.sql(&format!("CREATE DATABASE {name} STRATEGY {strategy}"))?;
        Ok(self.url_of(&name))
    }

    /// Runs SQL as the superuser in the database `postgres`; what it answered, a line per row.
    ///
    /// # Errors
    /// The server does not run, or refuses.
    pub fn sql(&self, sql: &str) -> anyhow::Result<String> {
        let output = self
            .install
            .command("psql")
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set=ON_ERROR_STOP=1", "--dbname", &self.url(), "--command", sql])
            .stdin(Stdio::null())
            .output()
            .context("cannot run psql")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{sql}` failed: {}", said.trim());
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The URL of the database `postgres`, as the superuser.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The port it listens on, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Its first process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process.lock().as_ref().map(Child::id)
    }

    /// Folder with its data and log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// SIGKILL to the server and all its processes, and waits until they are gone.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&self) -> anyhow::Result<()> {
        let mut process = self.process.lock();
        let child = process.as_mut().context("PostgreSQL does not run")?;
        let parent = pid(child.id())?;
        // Stopped first, so that it starts no more processes while they are listed.
        kill_process(parent, Signal::STOP)?;
        let backends = children(child.id())?;
        child.kill()?;
        child.wait()?;
        for backend in &backends {
            // It may have seen its parent's end.
            let _ = kill_process(pid(*backend)?, Signal::KILL);
        }
        *process = None;
        self.keeper.forget();
        let began = Instant::now();
        while backends.iter().any(|backend| is_alive(*backend)) {
            ensure!(began.elapsed() < PATIENCE, "PostgreSQL's processes do not end");
            std::thread::sleep(POLL);
        }
        self.give_back();
        Ok(())
    }

    /// A killed server leaves a piece of shared memory, whose id is in its pid file. The next start does without it.
    fn give_back(&self) {
        let lines = self.pid_file();
        if let Some((_, memory)) = lines.get(6).and_then(|line| line.split_once(' ')) {
            let removed = Command::new("ipcrm").args(["--shmem-id", memory.trim()]).output();
            // It is small, and may be gone already.
            drop(removed);
        }
    }

    /// Stops it in order: connections are closed, what was committed is written.
    ///
    /// # Errors
    /// It does not run, or takes too long.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.end(Signal::INT)
    }

    fn end(&self, signal: Signal) -> anyhow::Result<()> {
        let mut process = self.process.lock();
        let child = process.as_mut().context("PostgreSQL does not run")?;
        kill_process(pid(child.id())?, signal)?;
        let began = Instant::now();
        while child.try_wait()?.is_none() {
            ensure!(
                began.elapsed() < PATIENCE,
                "PostgreSQL does not stop: {}",
                self.log()
            );
            std::thread::sleep(POLL);
        }
        *process = None;
        self.keeper.forget();
        Ok(())
    }

    /// Starts it again on the same port and data.
    ///
    /// # Errors
    /// It runs already, or does not start.
    pub fn restart(&self) -> anyhow::Result<()> {
        ensure!(self.process.lock().is_none(), "PostgreSQL runs already");
        self.run()
    }

    /// The end of what it logged.
    pub fn log(&self) -> String {
        super::last_lines(&self.log_file())
    }

    fn prepare(options: PostgresOptions) -> anyhow::Result<Self> {
        let install = Install::find()?;
        let parent = if options.durable {
            std::env::temp_dir()
        } else {
            memory_folder().unwrap_or_else(std::env::temp_dir)
        };
        let folder = tempfile::Builder::new()
            .prefix("klatch-postgres-")
            .tempdir_in(parent)?;
        let keeper = Keeper::start(folder.path(), "QUIT")?;
        // The server's user passes through to its own folder.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
        let server = Self {
            install,
            options,
            port: 0,
            process: Mutex::new(None),
            databases: AtomicU32::new(0),
            standbys: AtomicU32::new(0),
            keeper,
            folder,
        };
        DirBuilder::new().mode(0o700).create(server.data())?;
        server.install.give(&server.data())?;
        Ok(server)
    }

    /// Runs a command to its end.
    fn finish(&self, command: &mut Command) -> anyhow::Result<()> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_file())?;
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot run {program}"))?;
        self.keeper.keep(child.id())?;
        let status = child.wait()?;
        self.keeper.forget();
        ensure!(status.success(), "{program} failed: {}", self.log());
        Ok(())
    }

    fn run_on_a_free_port(&mut self) -> anyhow::Result<()> {
        for _ in 0..PORT_TRIES {
            self.port = free_address()?.port();
            match self.run() {
                Err(_) if self.log().contains("Address already in use") => {
                    std::fs::write(self.log_file(), "")?;
                }
                ended => return ended,
            }
        }
        bail!("no free port was found")
    }

    fn run(&self) -> anyhow::Result<()> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_file())?;
        let mut command = self.install.server_command("postgres");
        command.arg("-D").arg(self.data());
        for (name, value) in self.settings() {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Ctrl-C in a terminal is for whoever started it, who ends it.
        command.process_group(0);
        let mut process = self.process.lock();
        let child = process.insert(command.spawn().context("cannot start PostgreSQL")?);
        self.keeper.keep(child.id())?;
        let began = Instant::now();
        while !self.is_ready(child.id()) {
            let ended = child.try_wait()?.is_some();
            if ended || began.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                *process = None;
                self.keeper.forget();
                bail!("PostgreSQL does not start: {}", self.log());
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// The server writes its state into the last line of its pid file.
    fn is_ready(&self, process: u32) -> bool {
        let lines = self.pid_file();
        let line = |number: usize| lines.get(number).map(String::as_str);
        line(0) == Some(&process.to_string()) && line(7) == Some("ready")
    }

    fn pid_file(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    fn settings(&self) -> Vec<(String, String)> {
        let mut settings = vec![
            ("port", self.port.to_string()),
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("unix_socket_directories", String::new()),
            ("max_connections", "400".to_owned()),
            ("shared_buffers", "32MB".to_owned()),
            ("log_timezone", "UTC".to_owned()),
            // In the data folder, and so gone with it, also after a kill.
            ("dynamic_shared_memory_type", "mmap".to_owned()),
        ];
        if !self.options.durable {
            settings.push(("fsync", "off".to_owned()));
            settings.push(("synchronous_commit", "off".to_owned()));
            settings.push(("full_page_writes", "off".to_owned()));
        }
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
        settings.chain(self.options.settings.iter().cloned()).collect()
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("postgres.log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Of those that end it, the roughest that still gives back what it has of the kernel. It may have been killed
        // by the test.
        if self.end(Signal::QUIT).is_err() {
            let _ = self.kill();
        }
    }
}

/// Where the machine has a file system in memory with room for many databases.
fn memory_folder() -> Option<PathBuf> {
    let free = rustix::fs::statvfs(MEMORY).ok()?;
    (free.f_bavail.checked_mul(free.f_frsize)? >= MEMORY_FREE_MIN).then(|| PathBuf::from(MEMORY))
}
