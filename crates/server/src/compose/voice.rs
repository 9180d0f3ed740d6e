//! What a command of the command line tells the nodes that run beside it.

use super::Operator;
use klatch_cluster::Cluster;
use klatch_fanout::Bus;
use klatch_session::auth::{Announcement, Revoked, Seat};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// How long a command waits for the bus. Nodes find out later by themselves what they are not told.
const BUS_WAIT: Duration = Duration::from_secs(1);
/// How often is looked whether the bus is there.
const LOOK: Duration = Duration::from_millis(5);

/// A command's way to the nodes; nothing is told where there is no bus.
pub struct Voice {
    bus: Option<Arc<dyn Bus>>,
    cluster: Arc<Cluster>,
    revocations: Receiver<Announcement>,
}

impl Voice {
    /// Before the command does anything: waits a little for the bus, and hears what is revoked from now on.
    pub async fn of(operator: &Operator) -> Self {
        let voice = Self {
            bus: operator.bus.clone(),
            cluster: Arc::clone(&operator.cluster),
            revocations: operator.auth.revocations(),
        };
        if let Some(bus) = &voice.bus {
            let up = async {
                while !bus.is_up() {
                    tokio::time::sleep(LOOK).await;
                }
            };
            // Without it the command is done all the same.
            tokio::time::timeout(BUS_WAIT, up).await.ok();
        }
        voice
    }

    /// After the command: tells what was revoked, and waits until all that was said has left.
    pub async fn finish(mut self) {
        let Some(bus) = self.bus else { return };
        while let Ok(announcement) = self.revocations.try_recv() {
            self.cluster.tell_revoked(told(announcement.who));
        }
        // What is said is handed over beside the question whether it has arrived: the second question comes after it.
        for _ in 0..2 {
            tokio::time::timeout(BUS_WAIT, bus.settled()).await.ok();
        }
    }
}

/// A revocation as nodes tell it each other.
pub fn told(who: Revoked) -> klatch_cluster::Revoked {
    match who {
        Revoked::Device(device) => klatch_cluster::Revoked::Device(device),
        Revoked::Replaced(device) => klatch_cluster::Revoked::Replaced(device),
        Revoked::User(user) => klatch_cluster::Revoked::User(user),
        Revoked::OlderSeats(user, seat) => klatch_cluster::Revoked::OlderSeats(user, seat.0),
    }
}

/// A revocation as another node told it.
pub fn heard(who: klatch_cluster::Revoked) -> Revoked {
    match who {
        klatch_cluster::Revoked::Device(device) => Revoked::Device(device),
        klatch_cluster::Revoked::Replaced(device) => Revoked::Replaced(device),
        klatch_cluster::Revoked::User(user) => Revoked::User(user),
        klatch_cluster::Revoked::OlderSeats(user, seat) => Revoked::OlderSeats(user, Seat(seat)),
    }
}
