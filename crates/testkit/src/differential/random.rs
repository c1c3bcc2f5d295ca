//! Random choices.

use fastrand::Rng;

/// Source of random choices; equal seeds give equal choices.
#[derive(Debug)]
pub(super) struct Random(Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// Returns true in one of `cases` cases.
    pub(super) fn one_in(&mut self, cases: u32) -> bool {
        self.0.u32(..cases) == 0
    }

    /// Returns a number up to `most`.
    pub(super) fn up_to(&mut self, most: usize) -> usize {
        self.0.usize(..=most)
    }

    /// Returns a number of `range`.
    pub(super) fn within(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        self.0.usize(range)
    }

    /// Returns one of the items.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.0.usize(..items.len())]
    }

    /// Returns the numbers below `len` in random order.
    pub(super) fn order(&mut self, len: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..len).collect();
        self.0.shuffle(&mut order);
        order
    }

    /// Returns up to `most` different numbers below `len`.
    pub(super) fn some_of(&mut self, len: usize, most: usize) -> Vec<usize> {
        let mut some = self.order(len);
        some.truncate(self.up_to(most));
        some
    }

    /// Returns `count` random decimal digits.
    pub(super) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.0.digit(10)).collect()
    }
}
