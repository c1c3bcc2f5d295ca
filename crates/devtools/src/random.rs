//! Random numbers under a seed.
//!
//! A seed names a data set or a chaos schedule, so its numbers must be the same on every machine and in every version.
//! `SplitMix64` is a published algorithm, and `rand_xoshiro` promises never to change its output. The mapping to a
//! range is part of this module because the `rand` crate may change its own between versions.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// A sequence of random numbers that depends only on its seed.
#[derive(Debug, Clone)]
pub struct Random(SplitMix64);

/// 2^64 divided by the golden ratio, made odd. It spreads the seeds of neighbouring items.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// Returns the sequence of item `index` under `seed`. Items can be drawn in any order.
    pub fn new(seed: u64, index: u64) -> Self {
        // The generator adds one step before it mixes, so the item's state starts one step earlier.
        let item = index.wrapping_sub(1).wrapping_mul(STEP).wrapping_add(1);
        let first = |state| SplitMix64::seed_from_u64(state).next_u64();
        Self(SplitMix64::seed_from_u64(first(seed) ^ first(item)))
    }

    /// Returns the next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a number in `0..end`. `end` must be above zero; the bias is below `end` / 2^32.
    pub fn below(&mut self, end: u32) -> u32 {
        scale(self.bits() >> 32, end)
    }

    /// Returns true in `n` of 1,000 draws.
    pub fn per_mille(&mut self, n: u32) -> bool {
        self.below(1000) < n
    }

    /// Returns one of the items. There must be at least one.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u32) as usize]
    }
}

/// Maps 32 random bits to `0..end` by a multiplication, which is cheaper than a remainder.
pub(crate) fn scale(bits: u64, end: u32) -> u32 {
    ((bits * u64::from(end)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_sequence() {
        let mut random = Random::new(1, 0);
        let drawn: Vec<u32> = (0..4).map(|_| random.below(1000)).collect();
        assert_eq!(drawn, [5, 851, 163, 49]);
    }

    #[test]
    fn below_returns_every_number_of_the_range_equally_often() {
        let mut random = Random::new(7, 3);
        let mut seen = [0u32; 6];
        for _ in 0..6000 {
            seen[random.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
    }

    #[test]
    fn different_seeds_and_items_give_different_sequences() {
        let first = |seed, index| Random::new(seed, index).bits();
        assert_ne!(first(1, 0), first(2, 0));
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 2), first(2, 1));
    }
}
