//! Chance: a small seeded generator, and what to seed it with.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64: eight bytes of state and any seed will do. Not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix(u64);

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Whether an event of this probability happens: 0 never, 1 always.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // 53 bits are what an f64 holds exactly, so the quotient is below 1.
        ((self.next() >> 11) as f64 / (1_u64 << 53) as f64) < probability
    }
}

/// 64 bits that differ between calls, processes and machines.
///
/// The operating system seeds `RandomState`; process id and time are mixed in for systems whose
/// entropy repeats, such as restored snapshots of virtual machines.
pub(crate) fn entropy() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    hasher.write_u32(std::process::id());
    hasher.write_u128(now.as_nanos());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_each_time() {
        // The first outputs of the published algorithm for seed 0.
        let mut random = SplitMix::new(0);
        assert_eq!(random.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn chances_come_true_about_as_often_as_they_say() {
        let mut random = SplitMix::new(7);
        let mut hits = |probability| (0..10_000).filter(|_| random.chance(probability)).count();
        assert_eq!(hits(0.0), 0);
        assert_eq!(hits(1.0), 10_000);
        assert!((2_300..2_700).contains(&hits(0.25)));
    }

    #[test]
    fn entropy_differs_between_calls() {
        assert_ne!(entropy(), entropy());
    }
}
