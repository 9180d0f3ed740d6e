//! Ids are UUIDs (RFC 9562), version 7 when the server makes them. Each kind has its own type.

use crate::{Entropy, Millis};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A text that is not a UUID in its hyphenated form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a UUID such as 0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f")]
pub struct IdError(String);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid", example = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f")]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id: UUIDv7 of this time and these random bytes.
            pub fn new(now: Millis, entropy: &dyn Entropy) -> Self {
                let mut random = [0u8; 10];
                entropy.fill(&mut random);
                let millis = u64::try_from(now.0).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The sixteen bytes, as databases keep them.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the sixteen bytes a database kept.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Hyphenated;

                impl Visitor<'_> for Hyphenated {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a UUID in its hyphenated form")
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Hyphenated)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let shown = || text.chars().take(40).collect::<String>();
                if text.len() != 36 {
                    return Err(IdError(shown()));
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError(shown()))
            }
        }
    };
}

id!(/// A community with its own users, policy and keys.
    SpaceId);
id!(/// A person, guest, bot or product of one space.
    UserId);
id!(/// One signed-in device of a user; also the family of its refresh tokens.
    DeviceId);
id!(/// A channel: a log with members.
    ChannelId);
id!(/// An invitation into a channel.
    InviteId);
id!(/// A key of a product's back end.
    ApiKeyId);
id!(/// A line of the audit log.
    AuditId);
id!(/// An external token issuer that a space trusts.
    IssuerId);
id!(/// The idempotency key that a client makes for a command and keeps until it has a definite answer
    /// (contract, delivery 1 to 3). UUIDv7 is best: keys made together are then stored together.
    ClientKey);

id!(/// One running process of Klatch.
    NodeId);

impl ChannelId {
    /// The id of the direct channel of two users (`low` is the smaller id): a UUIDv8 (RFC 9562, section 5.8) that
    /// follows from the pair, so that nodes that make it at the same time make the same one, also where no index
    /// spans all channels. The same for ever: the first sixteen bytes of a SHA-256 over a label and
    /// the three ids, with version and variant set.
    pub fn of_pair(space: SpaceId, low: UserId, high: UserId) -> Self {
        let hash = Sha256::new()
            .chain_update(b"klatch direct channel\0")
            .chain_update(space.as_bytes())
            .chain_update(low.as_bytes())
            .chain_update(high.as_bytes())
            .finalize();
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&hash[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The id of the channel of a roster's group, so that an import that was ended anywhere finds it again, on every node:
    /// a UUIDv8 as that of a pair, over another label, the space and the group's own id.
    pub fn of_roster(space: SpaceId, group: &str) -> Self {
        let hash = Sha256::new()
            .chain_update(b"klatch roster channel\0")
            .chain_update(space.as_bytes())
            .chain_update(group.as_bytes())
            .finalize();
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&hash[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Into how many buckets channels are divided; fixed for ever, because tables are distributed by it.
    pub const BUCKETS: i16 = 256;

    /// The channel's bucket, 0 to 255: FNV-1a of the sixteen bytes, folded to eight bits. The same for ever.
    pub fn bucket(&self) -> i16 {
        let hash = self.as_bytes().iter().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        });
        let folded = hash ^ (hash >> 16);
        i16::from((folded ^ (folded >> 8)) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_the_same_for_ever_and_even() {
        let of = |n: u128| ChannelId(Uuid::from_u128(n)).bucket();
        assert_eq!([of(0), of(1), of(u128::MAX)], [28, 100, 189]);
        let mut counts = [0u32; 256];
        let entropy = crate::SeededEntropy::new(1);
        for n in 0..25_600 {
            counts[ChannelId::new(Millis(n), &entropy).bucket() as usize] += 1;
        }
        assert!(counts.iter().all(|count| (50..160).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_pair_has_the_same_channel_for_ever() {
        let id = |n: u128| Uuid::from_u128(n);
        let of = |space, low, high| ChannelId::of_pair(SpaceId(id(space)), UserId(id(low)), UserId(id(high)));
        let vectors = [
            (of(1, 2, 3), "8f81660a-22f4-8aad-9be6-5e1b0f301c8b"),
            (of(1, 2, 4), "f0af7022-1e9e-8057-9055-310be1e5c64e"),
            (of(2, 2, 3), "3fe8af02-c310-855e-8891-1401f0f42bd1"),
        ];
        for (made, written) in vectors {
            assert_eq!(made.to_string(), written);
            assert_eq!(made.0.get_version_num(), 8);
            assert_eq!(made.0.get_variant(), uuid::Variant::RFC4122);
        }
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = "0190f3a1-7c1e-7000-8000-5f3b2c1d0e9f";
        let read = |text: &str| serde_json::from_str::<UserId>(&format!("\"{text}\""));
        assert_eq!(read(id).unwrap().to_string(), id);
        for other in [
            id.replace('-', ""),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            String::new(),
        ] {
            assert!(read(&other).is_err(), "{other}");
            assert!(other.parse::<UserId>().is_err(), "{other}");
        }
    }
}
