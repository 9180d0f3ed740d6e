//! Tells a retry from another body under the same key.

use crate::Append;
use klatch_types::Seq;

/// XXH3 of kind, target and payload. It outlives the payload, so a retry is known also after erasure.
pub(crate) fn digest(append: &Append) -> u64 {
    let target = append.target.unwrap_or(Seq::ZERO).0;
    let seed = target.rotate_left(8) ^ u64::from(append.kind);
    xxhash_rust::xxh3::xxh3_64_with_seed(&append.payload, seed)
}
