//! Which subject a topic travels on.

use super::options::BusError;
use crate::bus::Topic;
use klatch_types::{ChannelId, NodeId, UserId};

/// Longest name of a cluster in subjects.
const NAME_CHARS_MAX: usize = 32;

/// What is subscribed to. Events and signals of a channel share a subject, because the same nodes hear both and a
/// subscription costs the client some kilobytes; a byte in the message tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Route {
    Channel(ChannelId),
    User(UserId),
    Everyone,
    Node(NodeId),
}

/// Tells topics of one route apart, in messages and as bits of what is wanted.
pub(super) const EVENTS: u8 = 1;
/// See [`EVENTS`].
pub(super) const SIGNALS: u8 = 2;
/// The only kind of all other routes.
pub(super) const NOTES: u8 = 4;

/// Where a topic travels, and as what.
pub(super) fn of(topic: Topic) -> (Route, u8) {
    match topic {
        Topic::Events(channel) => (Route::Channel(channel), EVENTS),
        Topic::Signals(channel) => (Route::Channel(channel), SIGNALS),
        Topic::User(user) => (Route::User(user), NOTES),
        Topic::Everyone => (Route::Everyone, NOTES),
        Topic::Node(node) => (Route::Node(node), NOTES),
    }
}

/// The topic that travels there as this kind; `None` for a kind that the route does not have.
pub(super) fn topic(route: Route, kind: u8) -> Option<Topic> {
    match (route, kind) {
        (Route::Channel(channel), EVENTS) => Some(Topic::Events(channel)),
        (Route::Channel(channel), SIGNALS) => Some(Topic::Signals(channel)),
        (Route::User(user), NOTES) => Some(Topic::User(user)),
        (Route::Everyone, NOTES) => Some(Topic::Everyone),
        (Route::Node(node), NOTES) => Some(Topic::Node(node)),
        _ => None,
    }
}

/// Makes the subjects of one cluster.
#[derive(Debug)]
pub(super) struct Routes {
    prefix: String,
    node: NodeId,
}

impl Routes {
    /// # Errors
    /// [`BusError::Name`] unless the name is `[a-z0-9-]{1,32}`.
    pub(super) fn new(name: &str, node: NodeId) -> Result<Self, BusError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(allowed) {
            return Err(BusError::Name(name.chars().take(NAME_CHARS_MAX).collect()));
        }
        let prefix = format!("klatch.{name}");
        Ok(Self { prefix, node })
    }

    /// The subject of a route.
    pub(super) fn subject(&self, route: Route) -> String {
        let prefix = &self.prefix;
        match route {
            Route::Channel(channel) => format!("{prefix}.c.{}", channel.0.simple()),
            Route::User(user) => format!("{prefix}.u.{}", user.0.simple()),
            Route::Everyone => format!("{prefix}.all"),
            Route::Node(node) => format!("{prefix}.n.{}", node.0.simple()),
        }
    }

    /// A subject that nobody ever subscribes to.
    pub(super) fn nobody(&self) -> String {
        format!("{}.void.{}", self.prefix, self.node.0.simple())
    }

    /// Under which answers to this node's requests come in: below the cluster's prefix, so that a permission for
    /// `klatch.<name>.>` is all that a node needs.
    pub(super) fn answers(&self) -> String {
        format!("{}.answer", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{Millis, SeededEntropy};

    #[test]
    fn names_are_checked() {
        let node = NodeId::new(Millis(1), &SeededEntropy::new(1));
        for good in ["a", "campus-1", &"x".repeat(32)] {
            assert!(Routes::new(good, node).is_ok(), "{good}");
        }
        for bad in ["", "a.b", "A", "*", ">", "a b", "é", &"x".repeat(33)] {
            assert!(Routes::new(bad, node).is_err(), "{bad}");
        }
    }

    #[test]
    fn topics_come_back_from_their_routes() {
        let entropy = SeededEntropy::new(1);
        let channel = ChannelId::new(Millis(1), &entropy);
        let user = UserId::new(Millis(1), &entropy);
        let node = NodeId::new(Millis(1), &entropy);
        let topics = [
            Topic::Events(channel),
            Topic::Signals(channel),
            Topic::User(user),
            Topic::Everyone,
            Topic::Node(node),
        ];
        for expected in topics {
            let (route, kind) = of(expected);
            assert_eq!(topic(route, kind), Some(expected));
            assert_eq!(topic(route, 64), None);
        }
        let routes = Routes::new("x", node).unwrap();
        assert_eq!(routes.subject(Route::Everyone), "klatch.x.all");
        let subject = routes.subject(Route::Channel(channel));
        assert_eq!(subject.len(), "klatch.x.c.".len() + 32);
    }
}
