//! Tests of identity through its public door, on a directory in memory, a clock that stands still and randomness
//! from a seed.

mod admin;
mod device;
mod external;
mod forgery;
mod jwks;
mod jwks_server;
mod login;
mod operator;
mod outgoing;
mod token;

use super::{Auth, AuthConfig, Login, SignUp};
use crate::SessionError;
use crate::rate::RateConfig;
use klatch_engine::memory::SharedTables;
use klatch_protocol::{ErrorCode, view};
use klatch_store::Directory;
use klatch_store::memory::MemoryDirectory;
use klatch_store::row::SpaceRow;
use klatch_types::{ManualClock, Millis, Policy, Profile, SeededEntropy, SpaceId};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const PASSWORD: &str = "correct horse battery";
/// 2026-11-01, in the middle of a second.
const START: Millis = Millis(1_793_491_200_500);

/// A server's identity with one space called `default`.
struct House {
    auth: Auth,
    clock: Arc<ManualClock>,
    tables: SharedTables,
    directory: Arc<dyn Directory>,
    space: SpaceId,
}

impl House {
    async fn new() -> Self {
        Self::with(Policy::of(Profile::App), AuthConfig::default()).await
    }

    async fn with(policy: Policy, config: AuthConfig) -> Self {
        let tables = SharedTables::default();
        let directory: Arc<dyn Directory> = Arc::new(MemoryDirectory::new(Arc::clone(&tables)));
        let clock = Arc::new(ManualClock::new(START));
        let config = AuthConfig {
            rates: RateConfig::unlimited(),
            ..config
        };
        let auth = node(&directory, &clock, config, 1).await;
        let space = auth.create_space(
            "default".parse().unwrap(),
            "Default".parse().unwrap(),
            policy,
            vec![],
        );
        let space = space.await.unwrap().id;
        Self {
            auth,
            clock,
            tables,
            directory,
            space,
        }
    }

    async fn sign_up(&self, username: &str) -> view::SignedIn {
        self.auth.sign_up(sign_up(username), PEER).await.unwrap()
    }

    async fn login(&self, username: &str, password: &str) -> Result<view::SignedIn, SessionError> {
        self.auth.login(login(username, password), PEER).await
    }

    async fn space_called(&self, slug: &str, policy: Policy) -> SpaceRow {
        let (slug, name) = (slug.parse().unwrap(), "Another".parse().unwrap());
        self.auth.create_space(slug, name, policy, vec![]).await.unwrap()
    }

    /// The directory as another node of the same server sees it.
    async fn another_node(&self, seed: u64) -> Auth {
        let config = AuthConfig {
            rates: RateConfig::unlimited(),
            ..AuthConfig::default()
        };
        node(&self.directory, &self.clock, config, seed).await
    }
}

async fn node(
    directory: &Arc<dyn Directory>,
    clock: &Arc<ManualClock>,
    config: AuthConfig,
    seed: u64,
) -> Auth {
    let entropy = Arc::new(SeededEntropy::new(seed));
    Auth::start(Arc::clone(directory), Arc::clone(clock) as _, entropy, config)
        .await
        .unwrap()
}

fn sign_up(username: &str) -> SignUp {
    SignUp {
        space: None,
        username: username.parse().unwrap(),
        password: PASSWORD.to_owned(),
        name: None,
        device: None,
    }
}

fn login(username: &str, password: &str) -> Login {
    Login {
        space: None,
        username: username.parse().unwrap(),
        password: password.to_owned(),
        device: None,
    }
}

/// The code that a call was refused with.
fn code<T: std::fmt::Debug>(outcome: Result<T, SessionError>) -> ErrorCode {
    outcome.unwrap_err().problem().code
}
