//! How NATS is reached, and the client that reaches it.

use super::route::Routes;
use super::supervisor::Link;
use async_nats::{ConnectOptions, ServerAddr};
use klatch_types::NodeId;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::future::ready;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// First wait between two tries to connect, after one that came at once.
const RETRY_FIRST: Duration = Duration::from_millis(25);
/// Longest wait between two tries.
const RETRY_MAX: Duration = Duration::from_secs(2);
/// How long one try may take.
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// How often the server is asked whether it is there; three silences are a lost connection.
const PING_EVERY: Duration = Duration::from_secs(2);
/// Messages that one subscription may hold before it misses some. The reader only moves them on, so they do not stay.
const SUBSCRIPTION_MESSAGES_MAX: usize = 1024;
/// Longer than any process runs.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How to reach NATS.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    /// `nats://host:port` or `tls://host:port`, without credentials; any one of them will do.
    pub servers: Vec<String>,
    /// Prefix of all subjects, so that clusters can share servers: `[a-z0-9-]{1,32}`. A node needs permission to
    /// publish and to subscribe to `klatch.<name>.>`.
    pub name: String,
    /// This node.
    pub node: NodeId,
    /// Who this node is to the servers.
    pub credentials: Option<NatsCredentials>,
    /// Certificates in PEM that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Refuse to talk without TLS. A server that demands TLS, or a `tls://` address, has it without this.
    pub tls_required: bool,
}

/// Who a node is to NATS. Secrets are in files, read once at the start; white space around them is ignored.
#[derive(Clone, Debug)]
pub enum NatsCredentials {
    /// A user and a password.
    UserPassword {
        /// The user.
        user: String,
        /// The file with the password.
        password_file: PathBuf,
    },
    /// A token.
    Token {
        /// The file with it.
        file: PathBuf,
    },
    /// A `.creds` file with a JWT and the seed of a key.
    Creds {
        /// The file.
        file: PathBuf,
    },
}

/// Options with which a bus cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The name does not fit into subjects.
    #[error("`{0}` is no name for subjects: 1 to 32 of a-z, 0-9 and -")]
    Name(String),
    /// No server was given.
    #[error("no NATS server is given")]
    NoServer,
    /// Server number so and so of the list, from 1, is no address; it is not repeated because it may hold a secret.
    #[error("NATS server {0} of the list is not nats://host:port or tls://host:port without credentials")]
    Server(usize),
    /// A file could not be read or understood.
    #[error("{what} `{path}`: {source}")]
    File {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// TLS could not be set up.
    #[error("TLS to NATS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The client refused to start.
    #[error("NATS client: {0}")]
    Client(#[from] async_nats::ConnectError),
}

/// Starts a client that goes on trying.
pub(super) async fn connect(
    options: &NatsOptions,
    routes: &Routes,
    link: &Arc<Link>,
    ended: &Arc<AtomicBool>,
) -> Result<async_nats::Client, BusError> {
    let servers = addresses(&options.servers)?;
    let (link, ended) = (Arc::clone(link), Arc::clone(ended));
    let jitter = RandomState::new();
    let connecting = with_credentials(options.credentials.as_ref())
        .await?
        .tls_client_config(tls(options.ca_file.as_deref())?)
        .require_tls(options.tls_required)
        .name(format!("klatch {}", options.node))
        .custom_inbox_prefix(routes.answers())
        .no_echo()
        .retry_on_initial_connect()
        // Only what the operator listed: certificates name those, and a proxy in between stays in between.
        .ignore_discovered_servers()
        .connection_timeout(CONNECT_MAX)
        .ping_interval(PING_EVERY)
        .subscription_capacity(SUBSCRIPTION_MESSAGES_MAX)
        .reconnect_delay_callback(move |tries| {
            if ended.load(Ordering::Acquire) {
                FOR_EVER // The client has no other end while it is not connected; so it sleeps and does nothing.
            } else {
                wait_before(tries, &jitter)
            }
        })
        .event_callback(move |event| {
            link.note(&event);
            ready(())
        });
    Ok(connecting.connect(servers).await?)
}

/// The wait before a try, 1 being the first: none, then doubling from [`RETRY_FIRST`] to [`RETRY_MAX`], of which a
/// random half is taken away.
fn wait_before(tries: usize, jitter: &RandomState) -> Duration {
    let Some(doublings) = tries.checked_sub(2) else {
        return Duration::ZERO;
    };
    let doublings = u32::try_from(doublings).unwrap_or(u32::MAX).min(16);
    let whole = RETRY_MAX.min(RETRY_FIRST * 2_u32.pow(doublings));
    let part = jitter.hash_one((tries, std::time::Instant::now())) % 1024;
    whole / 2 + whole / 2048 * u32::try_from(part).unwrap_or_default()
}

fn addresses(servers: &[String]) -> Result<Vec<ServerAddr>, BusError> {
    if servers.is_empty() {
        return Err(BusError::NoServer);
    }
    let address = |(at, server): (usize, &String)| {
        let parsed: Option<ServerAddr> = server.parse().ok();
        parsed
            .filter(|address| {
                let plain = !address.has_user_pass() && address.password().is_none();
                plain && !address.is_websocket() && !address.host().is_empty()
            })
            .ok_or(BusError::Server(at + 1))
    };
    servers.iter().enumerate().map(address).collect()
}

async fn with_credentials(credentials: Option<&NatsCredentials>) -> Result<ConnectOptions, BusError> {
    let options = ConnectOptions::new();
    Ok(match credentials {
        None => options,
        Some(NatsCredentials::UserPassword { user, password_file }) => {
            options.user_and_password(user.clone(), secret("NATS password", password_file).await?)
        }
        Some(NatsCredentials::Token { file }) => options.token(secret("NATS token", file).await?),
        Some(NatsCredentials::Creds { file }) => {
            let creds = secret("NATS credentials", file).await?;
            options
                .credentials(&format!("{creds}\n"))
                .map_err(|source| unreadable("NATS credentials", file, source))?
        }
    })
}

async fn secret(what: &'static str, path: &Path) -> Result<String, BusError> {
    let text = tokio::fs::read_to_string(path).await;
    let text = text.map_err(|source| unreadable(what, path, source))?;
    Ok(text.trim().to_owned())
}

fn unreadable(what: &'static str, path: &Path, source: std::io::Error) -> BusError {
    let path = path.to_owned();
    BusError::File { what, path, source }
}

/// rustls with ring, whatever the process has installed.
fn tls(ca_file: Option<&Path>) -> Result<rustls::ClientConfig, BusError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let refused = |error: String| unreadable("certificates", path, std::io::Error::other(error));
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| refused(error.to_string()))? {
            let certificate = certificate.map_err(|error| refused(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| refused(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(refused("it holds no certificate".to_owned()));
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_two_seconds_and_differ() {
        let jitter = RandomState::new();
        assert_eq!(wait_before(1, &jitter), Duration::ZERO);
        for tries in 2..100 {
            let wait = wait_before(tries, &jitter);
            assert!(wait >= RETRY_FIRST / 2 && wait <= RETRY_MAX, "{tries}: {wait:?}");
        }
        assert!(wait_before(50, &jitter) >= RETRY_MAX / 2);
    }

    #[test]
    fn servers_are_checked_and_secrets_in_them_refused() {
        let check = |servers: &[&str]| addresses(&servers.iter().map(|&s| s.to_owned()).collect::<Vec<_>>());
        assert!(check(&["nats://a:4222", "tls://b", "c:4223"]).is_ok());
        assert!(matches!(check(&[]), Err(BusError::NoServer)));
        for bad in ["http://a", "nats://u:hidden@a", "nats://u@a", "ws://a", ""] {
            let error = check(&["a", bad]).unwrap_err();
            assert!(matches!(error, BusError::Server(2)), "{bad}");
            assert!(!error.to_string().contains("hidden"));
        }
    }
}
