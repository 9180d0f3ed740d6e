//! The one place that names backends: what the configuration chose is put together here, and everything else sees
//! traits.

mod late;
mod node;
mod storage;
mod surroundings;
mod voice;

pub use node::{Figures, Node, Routes};
pub use storage::{
    Engine, Storage, StorageError, backup, check, check_postgres, init, migrate_store, new_epoch, restore,
};
pub use surroundings::Surroundings;
pub use voice::{Voice, heard, told};

use crate::config::Config;
use klatch_channel::{Channels, Parts};
use klatch_cluster::Cluster;
pub use klatch_engine::postgres::Distribution;
pub use klatch_engine::transfer::{Outcome, Progress, TableReport};
use klatch_fanout::{Bus, Hub, OutboxLimits};
use klatch_session::auth::{Auth, AuthConfig};
use klatch_session::rate::RateConfig;
use klatch_session::{ConnectionLimits, SessionError, Sessions};
use klatch_store::Directory;
use klatch_types::{Clock, Entropy, SystemClock, SystemEntropy};
use klatch_worker::Worker;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Everything below the transports, running.
pub struct Operator {
    /// Who there is.
    pub directory: Arc<dyn Directory>,
    /// Identity.
    pub auth: Arc<Auth>,
    /// The door for commands.
    pub sessions: Arc<Sessions>,
    /// This node's listeners.
    pub hub: Arc<Hub>,
    /// This node among the others.
    pub cluster: Arc<Cluster>,
    /// Does late work once it is run.
    pub worker: Arc<Worker>,
    /// Whether other processes may change what is stored.
    pub is_shared: bool,
    /// The bus to the others, if there is one.
    pub bus: Option<Arc<dyn Bus>>,
    /// Answers what the log commits; ends when the storage is closed.
    pub delivery: JoinHandle<()>,
}

impl Operator {
    /// Puts the rooms below the transports together over a storage. `clock` tells what time events are given.
    ///
    /// # Errors
    /// If the signing keys cannot be read or made.
    pub async fn start(
        storage: Storage,
        surroundings: Surroundings,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let Surroundings {
            hub,
            peers,
            cluster,
            bus,
            following,
        } = surroundings;
        let is_shared = storage.is_shared();
        let Storage {
            log,
            directory,
            commits,
            work,
            ..
        } = storage;
        let channels = Arc::new(Channels::new(Parts {
            log,
            directory: Arc::clone(&directory),
            hub: Arc::clone(&hub),
            peers,
            clock,
            entropy,
        }));
        let delivery = following.run(Arc::clone(&channels), commits);
        let worker = Arc::new(late::worker(work, &channels));
        let auth = Arc::new(auth(Arc::clone(&directory), config).await?);
        let sessions = Sessions::new(
            channels,
            Arc::clone(&directory),
            Arc::clone(auth.rates()),
            connection_limits(config),
        );
        Ok(Self {
            directory,
            auth,
            sessions: Arc::new(sessions),
            hub,
            cluster,
            worker,
            is_shared,
            bus,
            delivery,
        })
    }
}

/// Identity over a directory.
///
/// # Errors
/// If the signing keys cannot be read or made.
pub async fn auth(directory: Arc<dyn Directory>, config: &Config) -> Result<Auth, SessionError> {
    Auth::start(
        directory,
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
        auth_config(config),
    )
    .await
}

/// The description of the REST interface, as JSON.
///
/// # Errors
/// If it cannot be written as JSON, which would be a bug.
pub fn openapi() -> anyhow::Result<String> {
    Ok(klatch_transport::openapi().to_pretty_json()?)
}

fn auth_config(config: &Config) -> AuthConfig {
    AuthConfig {
        issuer: config.auth.issuer.clone(),
        access_token_life: Duration::from_secs(config.auth.access_token_life_s),
        refresh_token_life: Duration::from_secs(config.auth.refresh_token_life_s),
        rates: rate_config(config),
        outgoing_loopback: config.security.allow_plain_http_issuers,
        ..AuthConfig::default()
    }
}

fn rate_config(config: &Config) -> RateConfig {
    let limits = &config.limits;
    RateConfig {
        sends_per_second: limits.sends_per_second,
        sends_burst: limits.sends_burst,
        requests_per_second: limits.requests_per_second,
        frames_per_10_s: limits.frames_per_10_s,
        logins_per_account_15_min: limits.logins_per_account_15_min,
        logins_per_ip_15_min: limits.logins_per_ip_15_min,
        sign_ups_per_ip_hour: limits.sign_ups_per_ip_hour,
    }
}

fn connection_limits(config: &Config) -> ConnectionLimits {
    ConnectionLimits {
        per_user: config.limits.connections_per_user,
        outbox: OutboxLimits {
            bytes_max: config.limits.outbox_bytes,
            frames_max: config.limits.outbox_frames,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_configuration_are_those_of_the_rooms() {
        let config = Config::default();
        assert_eq!(rate_config(&config), RateConfig::default());
        let (ours, theirs) = (auth_config(&config), AuthConfig::default());
        assert_eq!(ours.issuer, theirs.issuer);
        assert_eq!(ours.access_token_life, theirs.access_token_life);
        assert_eq!(ours.refresh_token_life, theirs.refresh_token_life);
        assert_eq!(ours.outgoing_loopback, theirs.outgoing_loopback);
        let (ours, theirs) = (connection_limits(&config), ConnectionLimits::default());
        assert_eq!(ours.per_user, theirs.per_user);
        assert_eq!(ours.outbox.bytes_max, theirs.outbox.bytes_max);
        assert_eq!(ours.outbox.frames_max, theirs.outbox.frames_max);
    }
}
