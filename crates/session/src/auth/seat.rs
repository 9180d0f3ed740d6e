//! One connection at a time for tokens that have no device, where the policy of a space allows one device.
//!
//! A device is replaced in the directory. Users of external issuers and guests have none, so their connections are
//! put into an order that all nodes agree on, and the newest one stays.

use super::{Auth, Revoked, Seat};
use crate::{Principal, SessionError};
use klatch_types::{UserId, UserKind};
use uuid::Uuid;

impl Auth {
    /// The seat of a new connection, to be kept with it and then given to [`Auth::take_seat`]; none if this caller may
    /// have several connections, or has a device. Errors: failures of the directory.
    pub async fn seat(&self, who: &Principal) -> Result<Option<Seat>, SessionError> {
        if who.device.is_some() || who.kind == UserKind::System {
            return Ok(None);
        }
        let spaces = self.spaces_lately().await?;
        let one_at_a_time = spaces
            .iter()
            .any(|space| space.id == who.space && !space.policy.several_devices);
        Ok(one_at_a_time.then(|| self.new_seat()))
    }

    /// Announces that a connection has taken its seat, so that older ones of the user are closed on every node.
    pub fn take_seat(&self, user: UserId, seat: Seat) {
        self.identities.announce(Revoked::OlderSeats(user, seat));
    }

    fn new_seat(&self) -> Seat {
        // Any id is of a time and random; a user's is one.
        let UserId(id): UserId = UserId::new(self.clock.now(), &*self.entropy);
        Seat(Uuid::from_bytes(*id.as_bytes()))
    }
}
