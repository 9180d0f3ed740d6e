//! Connections: addresses, TLS, settings of each session, and what their failures mean.

use super::PostgresOptions;
use crate::EngineError;
use deadpool_postgres::PoolError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use std::time::Duration;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Silence after which a connection is probed, and how long it may stay unanswered.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
const UNANSWERED_MAX: Duration = Duration::from_secs(8);

/// Makes connections that all have the same settings.
pub(super) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    timeout: Duration,
}

impl Connector {
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, EngineError> {
        let mut config: Config = options
            .url
            .parse()
            .map_err(|_| EngineError::Other("the connection string cannot be read".to_owned()))?;
        if config.get_application_name().is_none() {
            config.application_name("klatch");
        }
        let lock_ms = options.lock_timeout.as_millis();
        let settings = format!(
            "-c lock_timeout={lock_ms} -c idle_in_transaction_session_timeout={lock_ms} -c client_min_messages=warning \
             -c default_transaction_isolation=read\\ committed"
        );
        let settings = match config.get_options() {
            Some(given) => format!("{settings} {given}"),
            None => settings,
        };
        config
            .options(settings)
            .connect_timeout(options.connect_timeout)
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_IDLE / 5)
            .keepalives_retries(3)
            .tcp_user_timeout(UNANSWERED_MAX);
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(tls(options.ca_file.as_deref())?),
            timeout: options.connect_timeout,
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn tls(&self) -> &MakeRustlsConnect {
        &self.tls
    }

    /// A new connection; a task of its own moves its bytes until it is dropped.
    pub(super) async fn connect(&self) -> Result<Client, EngineError> {
        let connecting = tokio::time::timeout(self.timeout * 2, self.config.connect(self.tls.clone()));
        let (client, connection) = connecting
            .await
            .map_err(|_| EngineError::Unavailable("no connection to the database in time".to_owned()))?
            .map_err(|error| EngineError::of_a_read(error.into()))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(target: "database", %error, "a connection to the database ended");
            }
        });
        Ok(client)
    }
}

fn tls(ca_file: Option<&Path>) -> Result<rustls::ClientConfig, EngineError> {
    let mut roots = rustls::RootCertStore::empty();
    let wrong = |why: String| EngineError::Other(format!("the certificates of authorities: {why}"));
    if let Some(path) = ca_file {
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
    } else {
        // A system without authorities is no fault as long as no TLS is asked for.
        for certificate in rustls_native_certs::load_native_certs().certs {
            roots.add(certificate).ok();
        }
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Why the pool gave no connection.
pub(super) fn pool_error(error: PoolError) -> EngineError {
    match error {
        PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => EngineError::Overloaded,
        PoolError::Backend(error) => EngineError::of_a_read(error.into()),
        other => EngineError::Unavailable(other.to_string()),
    }
}

impl From<tokio_postgres::Error> for EngineError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else {
            // No answer of the server: the connection was lost, before or after it did what it was asked.
            return Self::Unknown(described(&error));
        };
        match *state {
            SqlState::UNIQUE_VIOLATION => Self::Exists,
            SqlState::DISK_FULL => Self::StorageFull,
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => Self::Damaged(described(&error)),
            SqlState::T_R_SERIALIZATION_FAILURE
            | SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::LOCK_NOT_AVAILABLE => Self::Contended(described(&error)),
            // The server ended the session or cannot take it: nothing of the transaction stays.
            SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::TOO_MANY_CONNECTIONS
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            | SqlState::IN_FAILED_SQL_TRANSACTION => Self::Unavailable(described(&error)),
            // The session ended while a statement ran, a COMMIT perhaps.
            SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::QUERY_CANCELED => {
                Self::Unknown(described(&error))
            }
            _ => Self::Other(described(&error)),
        }
    }
}

/// What the server said, without the rows it said it of.
fn described(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => {
            let source = std::error::Error::source(error).map(|source| format!(": {source}"));
            let text = format!("{error}{}", source.unwrap_or_default());
            if text.contains("certificate") {
                return format!(
                    "{text}; name the authority that signed the server's certificate with ca_file, or add sslmode=disable \
                     to the connection string if nobody can listen on the way"
                );
            }
            text
        }
    }
}

impl EngineError {
    /// Of a statement that changes nothing, "unknown" means "not answered".
    pub(super) fn of_a_read(self) -> Self {
        match self {
            Self::Unknown(why) => Self::Unavailable(why),
            other => other,
        }
    }
}
