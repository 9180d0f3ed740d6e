//! Who lost the right to be connected, told from node to node.
//!
//! A message that is lost costs no more than time: sockets are checked against the directory every few seconds.

use crate::cluster::Cluster;
use crate::message::{Message, Revoked};
use klatch_fanout::Topic;
use tokio::sync::broadcast;

impl Cluster {
    /// Tells the other nodes.
    pub fn tell_revoked(&self, who: Revoked) {
        let (who, replaced) = match who {
            Revoked::Replaced(device) => (Revoked::Device(device), true),
            who => (who, false),
        };
        self.say(Topic::Everyone, &Message::Revoked { who, replaced });
    }

    /// What other nodes revoked from now on. A reader that lags must check all its sockets.
    pub fn revocations(&self) -> broadcast::Receiver<Revoked> {
        self.revocations.subscribe()
    }

    pub(crate) fn heard_revoked(&self, who: Revoked, replaced: bool) {
        let who = match who {
            Revoked::Device(device) if replaced => Revoked::Replaced(device),
            who => who,
        };
        // Nobody has to listen.
        let _ = self.revocations.send(who);
    }
}
