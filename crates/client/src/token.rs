//! Where the token for `hello` comes from: a text, or a sign-in that is renewed in time.

use crate::{ClientError, Rest};
use futures_util::future::{BoxFuture, FutureExt};
use klatch_protocol::view::SignedIn;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Gives an access token whenever a connection is made.
pub trait TokenSource: Send + Sync + 'static {
    /// A token that is valid now.
    fn token(&self) -> BoxFuture<'_, Result<String, ClientError>>;

    /// Whether another call may give another token, so that an expired one is no reason to give up.
    fn is_renewable(&self) -> bool {
        false
    }
}

impl TokenSource for String {
    fn token(&self) -> BoxFuture<'_, Result<String, ClientError>> {
        std::future::ready(Ok(self.clone())).boxed()
    }
}

/// Life left below which the token is renewed before use.
const MARGIN: Duration = Duration::from_secs(60);

/// A sign-in whose access token is refreshed when it is about to end.
#[derive(Debug)]
pub struct RenewedToken {
    rest: Rest,
    current: Mutex<(SignedIn, Instant)>,
}

impl RenewedToken {
    /// From what a sign-in answered just now.
    pub fn new(rest: Rest, signed_in: SignedIn) -> Self {
        Self {
            rest,
            current: Mutex::new((signed_in, Instant::now())),
        }
    }

    async fn renewed(&self) -> Result<String, ClientError> {
        // Only the one driver of a socket calls this, so two refreshes never race for the same refresh token.
        let (refresh, access, left) = {
            let current = self.current.lock();
            let left = Duration::from_secs(current.0.expires_in_s).saturating_sub(current.1.elapsed());
            (
                current.0.refresh_token.clone(),
                current.0.access_token.clone(),
                left,
            )
        };
        if left > MARGIN {
            return Ok(access);
        }
        let signed_in = self.rest.refresh(&refresh).await?;
        let access = signed_in.access_token.clone();
        *self.current.lock() = (signed_in, Instant::now());
        Ok(access)
    }
}

impl TokenSource for RenewedToken {
    fn token(&self) -> BoxFuture<'_, Result<String, ClientError>> {
        self.renewed().boxed()
    }

    fn is_renewable(&self) -> bool {
        true
    }
}
