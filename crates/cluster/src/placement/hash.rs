//! Hashes that are the same on every node and in every release.

use klatch_types::NodeId;

/// FNV-1a of these bytes, mixed once more so that texts that differ in their end differ everywhere.
fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    let fnv = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

/// Of a username.
pub(super) fn of_username(username: &str) -> u64 {
    hash(username.bytes())
}

/// How well a user fits a node, by lot: the highest wins, and a node that comes or goes moves only its own users
/// (rendezvous hashing).
pub(super) fn of_pair(username: &str, node: NodeId) -> u64 {
    hash(username.bytes().chain([0]).chain(node.as_bytes().iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_same_for_ever() {
        let node = NodeId(uuid::Uuid::from_u128(1));
        assert_eq!(of_username(""), 17_058_014_651_485_797_458);
        assert_eq!(of_username("ana"), 8_212_229_329_867_226_557);
        assert_eq!(of_pair("ana", node), 16_999_370_503_470_679_297);
    }
}
