//! A small random number generator whose numbers never change.
//!
//! SplitMix64: one addition and a mixing step a number. Data sets and chaos schedules are named by
//! their seed, so the sequence must be the same on every machine and in every version.

/// Numbers that look random and are fixed by the seed.
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    state: u64,
}

/// 2^64 divided by the golden ratio, made odd: consecutive states are far apart.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Rng {
    /// The sequence of item `index` under `seed`; items can be drawn in any order.
    pub(crate) fn new(seed: u64, index: u64) -> Self {
        let state = mix(seed.wrapping_add(STEP)) ^ mix(index.wrapping_mul(STEP).wrapping_add(1));
        Self { state }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A number in `0..n`; `n` above zero. The bias is below n / 2^32.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        scale(self.next() >> 32, n)
    }

    /// True in `n` of 1,000 draws.
    pub(crate) fn per_mille(&mut self, n: u32) -> bool {
        self.below(1000) < n
    }
}

/// Maps 32 random bits to `0..n` by a multiplication, which is cheaper than a remainder.
pub(crate) fn scale(bits: u64, n: u32) -> u32 {
    ((bits * u64::from(n)) >> 32) as u32
}

/// The finaliser of SplitMix64: every input bit flips half of the output bits.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_pinned() {
        let mut rng = Rng::new(1, 0);
        let drawn: Vec<u32> = (0..4).map(|_| rng.below(1000)).collect();
        assert_eq!(drawn, [5, 851, 163, 49]);
    }

    #[test]
    fn below_reaches_every_value_and_no_other() {
        let mut rng = Rng::new(7, 3);
        let mut seen = [0u32; 6];
        for _ in 0..6000 {
            seen[rng.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
    }

    #[test]
    fn seeds_and_items_differ() {
        let first = |seed, index| Rng::new(seed, index).next();
        assert_ne!(first(1, 0), first(2, 0));
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 2), first(2, 1));
    }
}
