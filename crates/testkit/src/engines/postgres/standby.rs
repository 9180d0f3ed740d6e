//! Replication: a second server that has every commit before it is acknowledged.

use super::{PATIENCE, POLL, Postgres};
use anyhow::ensure;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::time::Instant;

impl Postgres {
    /// A synchronous standby on a port of its own: from now on the primary waits for it with every commit, so that a
    /// standby that is killed stops the primary until it is back or [`Self::let_go_of_standbys`].
    ///
    /// # Errors
    /// This server is not durable and waits for nobody, or one of the two does not do as told.
    pub fn standby(&self) -> anyhow::Result<Self> {
        self.standby_through(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)))
    }

    /// The same, streaming from an address that leads to this server, such as that of a `Proxy`. Errors as in
    /// [`Self::standby`].
    pub fn standby_through(&self, address: SocketAddr) -> anyhow::Result<Self> {
        ensure!(
            self.options.durable,
            "only a durable server waits for a standby: PostgresOptions::durable"
        );
        let name = format!("standby_{}", self.standbys.fetch_add(1, Ordering::Relaxed) + 1);
        let mut standby = Self::prepare(self.options.clone())?;
        let mut copy = standby.install.server_command("pg_basebackup");
        let primary = format!(
            "host={} port={} user=postgres application_name={name}",
            address.ip(),
            address.port()
        );
        copy.arg("--pgdata")
            .arg(standby.data())
            .args(["--dbname", &primary, "--slot", &name, "--create-slot"])
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
        standby.finish(&mut copy)?;
        standby.run_on_a_free_port()?;
        self.sql(&format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'"))?;
        self.sql("SELECT pg_reload_conf()")?;
        self.wait_for(&format!(
            "SELECT count(*) FROM pg_stat_replication
             WHERE application_name = '{name}' AND state = 'streaming' AND sync_state = 'sync'"
        ))?;
        Ok(standby)
    }

    /// A primary no longer waits for a standby.
    ///
    /// # Errors
    /// The server does not run.
    pub fn let_go_of_standbys(&self) -> anyhow::Result<()> {
        self.sql("ALTER SYSTEM RESET synchronous_standby_names")?;
        self.sql("SELECT pg_reload_conf()").map(drop)
    }

    /// Makes a primary of a standby; returns when it takes writes.
    ///
    /// # Errors
    /// It does not run, or is no standby.
    pub fn promote(&self) -> anyhow::Result<()> {
        let patience = PATIENCE.as_secs();
        let promoted = self.sql(&format!("SELECT pg_promote(true, {patience})"))?;
        ensure!(
            promoted == "t",
            "the standby does not become a primary: {}",
            self.log()
        );
        self.wait_for("SELECT 1 WHERE NOT pg_is_in_recovery()")?;
        // It was copied from a primary that may have waited for someone.
        self.let_go_of_standbys()
    }

    /// Until a question is answered with 1.
    fn wait_for(&self, question: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.sql(question)? != "1" {
            ensure!(
                began.elapsed() < PATIENCE,
                "never became true: {question}: {}",
                self.log()
            );
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}
