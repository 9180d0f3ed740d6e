//! Random kill points that a seed repeats (SplitMix64).

use klatch_types::{Entropy, SystemEntropy};

/// A sequence of numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed for a run that names none.
    pub(crate) fn fresh_seed() -> u64 {
        let mut bytes = [0; 8];
        SystemEntropy.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
