//! Random numbers that are fixed by their seed.

/// A sequence of numbers; SplitMix64.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

/// 2^64 divided by the golden ratio, made odd: consecutive states are far apart.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Numbers {
    /// The sequence number `index` of a seed.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut first = Self(seed);
        Self(first.next() ^ index.wrapping_mul(STEP))
    }

    /// The next 64 bits.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to below `end`, which is not 0.
    pub fn below(&mut self, end: u32) -> u32 {
        (((self.next() >> 32) * u64::from(end)) >> 32) as u32
    }

    /// A place in something so long, or just behind it.
    pub fn place(&mut self, len: usize) -> usize {
        self.below(len as u32 + 1) as usize
    }

    /// One of the items, of which there is at least one.
    pub fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u32) as usize]
    }

    /// A short stretch of something so long; often a very short one.
    pub fn stretch(&mut self, len: usize) -> std::ops::Range<usize> {
        let start = self.place(len);
        let longest = match self.below(3) {
            0 => 1,
            1 => 8,
            _ => len,
        };
        let len = self.place(longest.min(len - start));
        start..start + len
    }
}
