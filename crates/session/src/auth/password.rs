//! Passwords: Argon2id (RFC 9106), 19 MiB, two passes, one lane.
//!
//! Hashing is the most expensive thing a stranger can ask for. It runs on blocking threads, few at once, with a
//! bounded line before them; a login storm is answered `overloaded` and takes nothing from those signed in.

use super::refusal;
use crate::SessionError;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use klatch_protocol::ErrorCode;
use klatch_types::{Entropy, limits};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes that may wait for their turn. At 30 ms each and two at once, the last waits half a second.
const WAITING_MAX: usize = 32;

/// Makes and verifies password hashes.
pub(super) struct Passwords {
    entropy: Arc<dyn Entropy>,
    line: Arc<Semaphore>,
    running: Arc<Semaphore>,
    /// The hash of no password: what is verified when there is nothing to verify, so that the work is the same.
    nobodys: String,
    verifications: AtomicU64,
}

impl Passwords {
    /// `at_once` hashes run in parallel.
    pub(super) fn new(entropy: Arc<dyn Entropy>, at_once: usize) -> Result<Self, SessionError> {
        let at_once = at_once.max(1);
        let nobodys = nobodys_hash(&*entropy)?;
        Ok(Self {
            entropy,
            line: Arc::new(Semaphore::new(at_once + WAITING_MAX)),
            running: Arc::new(Semaphore::new(at_once)),
            nobodys,
            verifications: AtomicU64::new(0),
        })
    }

    /// Hashes a new password. Errors: `invalid` if it is too short or long, `overloaded`.
    pub(super) async fn hash(&self, password: &str) -> Result<String, SessionError> {
        check(password)?;
        let mut salt = [0u8; 16];
        self.entropy.fill(&mut salt);
        let password = password.to_owned();
        let hashed = self.run(move || {
            let hash: Result<PasswordHash, _> = argon2()?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| broken(&error))
        });
        hashed.await?
    }

    /// Whether the password is the one that was hashed; false, after the same work, if there is no hash. Errors:
    /// `overloaded`.
    pub(super) async fn verify(&self, hash: Option<&str>, password: &str) -> Result<bool, SessionError> {
        let fits = password.len() <= limits::PASSWORD_BYTES_MAX;
        let exists = hash.is_some() && fits;
        let hash = hash.unwrap_or(&self.nobodys).to_owned();
        let password = if fits { password.to_owned() } else { String::new() };
        let verified = self.run(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| broken(&error))?;
            Ok::<bool, SessionError>(argon2()?.verify_password(password.as_bytes(), &hash).is_ok())
        });
        let matches = verified.await??;
        self.verifications.fetch_add(1, Ordering::Relaxed);
        Ok(matches && exists)
    }

    /// Verifications so far.
    pub(super) fn verifications(&self) -> u64 {
        self.verifications.load(Ordering::Relaxed)
    }

    /// Runs `work` when its turn comes. The permits go with the work: a caller who hangs up does not make room
    /// for another hash while this one still runs.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SessionError> {
        let permits = self.turn().await?;
        let task = tokio::task::spawn_blocking(move || {
            let _permits = permits;
            work()
        });
        task.await
            .map_err(|error| SessionError::Internal(format!("a password hash did not finish: {error}")))
    }

    async fn turn(&self) -> Result<[OwnedSemaphorePermit; 2], SessionError> {
        let line = Arc::clone(&self.line).try_acquire_owned().map_err(|_| {
            metrics::counter!("klatch_password_hashes_shed_total").increment(1);
            SessionError::refused(
                ErrorCode::Overloaded,
                "Too many sign-ins at once; try again in a moment.",
            )
        })?;
        let running = Arc::clone(&self.running).acquire_owned().await;
        let running = running.expect("the semaphore is never closed");
        Ok([line, running])
    }
}

/// Refuses a password that is too short to be safe or too long to be cheap.
pub(super) fn check(password: &str) -> Result<(), SessionError> {
    if password.chars().count() < limits::PASSWORD_CHARS_MIN || password.len() > limits::PASSWORD_BYTES_MAX {
        return Err(refusal::invalid(format!(
            "`password` must have at least {} characters and at most {} bytes.",
            limits::PASSWORD_CHARS_MIN,
            limits::PASSWORD_BYTES_MAX
        )));
    }
    Ok(())
}

fn params() -> Result<Params, SessionError> {
    Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| broken(&error))
}

fn argon2() -> Result<Argon2<'static>, SessionError> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params()?))
}

/// A well-formed hash that no known password has: a random output under a random salt.
fn nobodys_hash(entropy: &dyn Entropy) -> Result<String, SessionError> {
    let (mut salt, mut output) = ([0u8; 16], [0u8; 32]);
    entropy.fill(&mut salt);
    entropy.fill(&mut output);
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params()?).map_err(|error| broken(&error))?,
        salt: Some(Salt::new(&salt).map_err(|error| broken(&error))?),
        hash: Some(Output::new(&output).map_err(|error| broken(&error))?),
    };
    Ok(hash.to_string())
}

/// The text of these errors names lengths and parameters, never the password.
fn broken(error: &dyn std::fmt::Display) -> SessionError {
    SessionError::Internal(format!("a password hash cannot be used: {error}"))
}

/// Twenty letters and digits that are not mistaken for one another: 99 bits.
pub fn make_up_password(entropy: &dyn Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 20];
    entropy.fill(&mut bytes);
    bytes
        .iter()
        .map(|b| char::from(ALPHABET[usize::from(b % 32)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::SeededEntropy;

    fn passwords(at_once: usize) -> Arc<Passwords> {
        Arc::new(Passwords::new(Arc::new(SeededEntropy::new(7)), at_once).unwrap())
    }

    #[tokio::test]
    async fn a_hash_states_the_parameters_of_the_contract_and_verifies() {
        let passwords = passwords(2);
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(
            passwords
                .verify(Some(&hash), "correct horse battery")
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(Some(&hash), "correct horse batterz")
                .await
                .unwrap()
        );
        assert!(!passwords.verify(None, "correct horse battery").await.unwrap());
        assert_eq!(passwords.verifications(), 3);
        let nobodys = passwords.nobodys.clone();
        assert_eq!(
            nobodys.split('$').nth(3),
            hash.split('$').nth(3),
            "nobody's hash costs the same"
        );
    }

    #[tokio::test]
    async fn lengths_are_checked_where_passwords_are_made() {
        let passwords = passwords(2);
        for bad in ["", "eleven char", &"x".repeat(257), &"é".repeat(129)] {
            assert!(passwords.hash(bad).await.is_err(), "{} bytes", bad.len());
        }
        assert!(passwords.hash("ççççççññññññ").await.is_ok(), "twelve characters");
        let hash = passwords.hash(&"x".repeat(256)).await.unwrap();
        assert!(passwords.verify(Some(&hash), &"x".repeat(256)).await.unwrap());
        assert!(
            !passwords.verify(Some(&hash), &"x".repeat(257)).await.unwrap(),
            "not cut to fit"
        );
    }

    #[tokio::test]
    async fn a_storm_is_shed_beyond_the_line() {
        let passwords = passwords(1);
        let busy = Arc::clone(&passwords.running).acquire_owned().await.unwrap();
        let calls = (0..WAITING_MAX + 20).map(|_| passwords.verify(None, "correct horse battery"));
        let mut all = std::pin::pin!(futures_util::future::join_all(calls));
        assert!(futures_util::poll!(&mut all).is_pending());
        drop(busy);
        let outcomes = all.await;
        let shed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        assert_eq!(
            shed, 19,
            "one at the front, {WAITING_MAX} behind it, the rest are told to come back"
        );
        for outcome in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!(outcome.problem().code, ErrorCode::Overloaded);
        }
        assert!(
            passwords.verify(None, "again").await.is_ok(),
            "and then it goes on"
        );
    }

    #[test]
    fn made_up_passwords_are_long_enough_and_differ() {
        let entropy = SeededEntropy::new(7);
        let (a, b) = (make_up_password(&entropy), make_up_password(&entropy));
        assert_ne!(a, b);
        assert!(
            a.len() >= limits::PASSWORD_CHARS_MIN && a.bytes().all(|c| c.is_ascii_alphanumeric()),
            "{a}"
        );
    }
}
