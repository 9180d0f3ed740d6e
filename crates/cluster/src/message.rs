//! What nodes say to each other about nodes: JSON objects, told by their first byte from everything else on the bus.
//!
//! Fields are only ever added and have a default; a kind or field that is not known is ignored. So two releases run
//! side by side.

use crate::{Connection, NodeCard};
use bytes::Bytes;
use klatch_types::{DeviceId, NodeId, UserId, limits};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who lost the right to be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// One device.
    Device(DeviceId),
    /// One device, for another one of its user. Between nodes it is a `Device` with `replaced`, which those of before
    /// understand.
    Replaced(DeviceId),
    /// Connections of a user without a device that are older than this one.
    OlderSeats(UserId, Uuid),
    /// Every connection of a user.
    User(UserId),
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Message {
    /// A node is alive, and this is how it is.
    Beat { card: NodeCard },
    /// A node stops.
    Bye { node: NodeId },
    /// A server was registered from outside.
    External { card: NodeCard, ttl_ms: u64 },
    /// A server registered from outside is gone.
    ExternalGone { node: NodeId },
    /// To one node: send the clients away.
    Drain { spread_ms: u64 },
    /// To one node: take clients again.
    Resume {},
    /// Somebody lost the right to be connected.
    Revoked {
        who: Revoked,
        #[serde(default)]
        replaced: bool,
    },
    /// Who has connections of this user?
    Who {
        user: UserId,
        asker: NodeId,
        question: u64,
    },
    /// This node has, these.
    Holds {
        node: NodeId,
        question: u64,
        connections: Vec<Connection>,
    },
}

impl Message {
    /// The bytes on the bus.
    pub(crate) fn encode(&self) -> Bytes {
        Bytes::from(serde_json::to_vec(self).expect("messages have only text keys and finite numbers"))
    }

    /// Reads a message; `None` for what is something else, too large, or of a later release.
    pub(crate) fn decode(payload: &[u8]) -> Option<Self> {
        if payload.first() != Some(&b'{') || payload.len() > limits::NODE_MESSAGE_BYTES_MAX {
            return None;
        }
        serde_json::from_slice(payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::tests::card;
    use proptest::prelude::*;

    #[test]
    fn messages_are_read_as_they_were_written() {
        let node = card(7, 0).id;
        let user = UserId(Uuid::from_u128(9));
        for message in [
            Message::Beat { card: card(7, 12) },
            Message::Bye { node },
            Message::External {
                card: card(7, 12),
                ttl_ms: 60_000,
            },
            Message::ExternalGone { node },
            Message::Drain { spread_ms: 1_000 },
            Message::Resume {},
            Message::Revoked {
                who: Revoked::User(user),
                replaced: false,
            },
            Message::Revoked {
                who: Revoked::OlderSeats(user, Uuid::from_u128(3)),
                replaced: false,
            },
            Message::Who {
                user,
                asker: node,
                question: 5,
            },
            Message::Holds {
                node,
                question: 5,
                connections: Vec::new(),
            },
        ] {
            let bytes = message.encode();
            assert_eq!(bytes.first(), Some(&b'{'));
            assert_eq!(Message::decode(&bytes), Some(message));
        }
    }

    #[test]
    fn a_later_release_may_add_fields_and_kinds() {
        let mut later = serde_json::to_value(Message::Beat { card: card(7, 12) }).unwrap();
        later["card"]["colour"] = "green".into();
        later["hops"] = 3.into();
        let bytes = serde_json::to_vec(&later).unwrap();
        assert_eq!(Message::decode(&bytes), Some(Message::Beat { card: card(7, 12) }));
        assert_eq!(Message::decode(br#"{"kind":"weather","rain":true}"#), None);
    }

    #[test]
    fn a_card_of_an_earlier_release_has_defaults_for_what_came_later() {
        let mut earlier = serde_json::to_value(Message::Beat { card: card(7, 12) }).unwrap();
        let fields = earlier["card"].as_object_mut().unwrap();
        for added in ["draining", "overloaded", "split_digits"] {
            fields.remove(added);
        }
        let bytes = serde_json::to_vec(&earlier).unwrap();
        assert_eq!(Message::decode(&bytes), Some(Message::Beat { card: card(7, 12) }));
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let mut bytes = Message::Resume {}.encode().to_vec();
        bytes.resize(limits::NODE_MESSAGE_BYTES_MAX + 1, b' ');
        assert_eq!(Message::decode(&bytes), None);
    }

    proptest! {
        #[test]
        fn nothing_that_comes_in_panics(bytes: Vec<u8>) {
            let _ = Message::decode(&bytes);
            let mut object = b"{\"kind\":\"beat\",".to_vec();
            object.extend(bytes);
            let _ = Message::decode(&object);
        }
    }
}
