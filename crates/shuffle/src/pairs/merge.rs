//! Merges sections of pairs, each sorted by key.
//!
//! The merge uses a loser tree. The leaves are the sections; each inner node keeps the loser of its match and passes
//! the winner up. A pair therefore costs one comparison for each level of the tree. Most comparisons need only the
//! *prefixes* of the keys, which are numbers. Whole keys are compared only if the prefixes are equal.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};

use crate::error::ShuffleError;
use crate::section::Section;

/// Returns the prefix of a key: its first 15 bytes, padded with zeros, and its length, or 16 if it is longer.
///
/// Prefixes have the order of their keys. Keys with equal prefixes are equal unless [`is_truncated`] holds.
pub(super) fn key_prefix(key: &[u8]) -> u128 {
    if let Some(first) = key.first_chunk::<16>() {
        u128::from_be_bytes(*first) & !0xff | 16
    } else {
        let mut first = [0; 16];
        first[..key.len()].copy_from_slice(key);
        first[15] = key.len() as u8;
        u128::from_be_bytes(first)
    }
}

/// Returns `true` if the prefix belongs to a key of more than 15 bytes, which it does not determine.
#[inline]
pub(super) fn is_truncated(prefix: u128) -> bool {
    prefix as u8 == 16
}

/// Number of pairs between two checks of the cancellation flag.
const CANCEL_CHECK_INTERVAL: u64 = 1 << 12;

/// Merge of sections: by key, then by value if values are sorted, then by the index of the section.
#[derive(Debug)]
pub(super) struct Merge<'a> {
    sections: &'a mut [Section],
    /// Loser tree: the winner at index 0, then the losers. The children of node `n` are `2n` and `2n + 1`. With `s`
    /// sections, the nodes `s..2s` are the sections and are not stored.
    tree: Vec<Contender>,
    sort_values: bool,
    cancelled: &'a AtomicBool,
    /// Copy of the last pair of a block. The first pair of the next block must not sort before it.
    block_end: (Vec<u8>, Vec<u8>),
    pairs: u64,
}

/// A section in the loser tree.
#[derive(Debug, Clone, Copy)]
struct Contender {
    prefix: u128,
    section: u32,
    /// True if the section has no more pairs.
    exhausted: bool,
}

impl Contender {
    /// Returns `(b, a)` if `swap` is true, otherwise `(a, b)`. It uses no branch, because the CPU could not predict it.
    #[inline]
    fn swap_if(swap: bool, a: Self, b: Self) -> (Self, Self) {
        let mask = u64::from(swap).wrapping_neg();
        let pick = |a: u64, b: u64| {
            let change = (a ^ b) & mask;
            (a ^ change, b ^ change)
        };
        let high = pick((a.prefix >> 64) as u64, (b.prefix >> 64) as u64);
        let low = pick(a.prefix as u64, b.prefix as u64);
        let rest = pick(a.rest(), b.rest());
        let contender = |high: u64, low: u64, rest: u64| Self {
            prefix: u128::from(high) << 64 | u128::from(low),
            section: rest as u32,
            exhausted: rest >> 32 != 0,
        };
        (
            contender(high.0, low.0, rest.0),
            contender(high.1, low.1, rest.1),
        )
    }

    #[inline]
    fn rest(self) -> u64 {
        u64::from(self.exhausted) << 32 | u64::from(self.section)
    }
}

impl<'a> Merge<'a> {
    /// Starts a merge at its first pair.
    ///
    /// # Errors
    /// Errors of the sections, and [`ShuffleError::Cancelled`], as for all methods of this type.
    pub(super) fn new(
        sections: &'a mut [Section],
        sort_values: bool,
        cancelled: &'a AtomicBool,
    ) -> Result<Self, ShuffleError> {
        if cancelled.load(Atomic::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        let mut contenders = Vec::with_capacity(sections.len());
        for (number, section) in (0..).zip(sections.iter_mut()) {
            let exhausted = !section.next_pair()?;
            contenders.push(Contender {
                prefix: if exhausted {
                    u128::MAX
                } else {
                    key_prefix(section.pair().0)
                },
                section: number,
                exhausted,
            });
        }
        let mut merge = Self {
            sections,
            tree: Vec::new(),
            sort_values,
            cancelled,
            block_end: Default::default(),
            pairs: 0,
        };
        merge.build_tree(&contenders);
        merge.pairs = u64::from(!merge.is_exhausted());
        Ok(merge)
    }

    /// Builds the loser tree.
    fn build_tree(&mut self, contenders: &[Contender]) {
        let count = contenders.len();
        // Winners of all nodes. The nodes from `count` on are the sections themselves.
        let mut winners = vec![None; count];
        winners.extend(contenders.iter().copied().map(Some));
        let none = Contender {
            prefix: u128::MAX,
            section: 0,
            exhausted: true,
        };
        self.tree = vec![none; count.max(1)];
        for node in (1..count).rev() {
            let pair = (winners[2 * node], winners[2 * node + 1]);
            let (Some(a), Some(b)) = pair else { continue };
            let (winner, loser) = match self.precedes(&b, &a) {
                true => (b, a),
                false => (a, b),
            };
            (winners[node], self.tree[node]) = (Some(winner), loser);
        }
        // A single section has no match. It is the leaf at node 1.
        if let Some(Some(winner)) = winners.get(1) {
            self.tree[0] = *winner;
        }
    }

    /// Returns `true` after the last pair.
    #[inline]
    pub(super) fn is_exhausted(&self) -> bool {
        self.tree[0].exhausted
    }

    /// Returns the number of pairs read so far, including the current one.
    pub(super) fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Returns the key and value of the current pair. There must be one.
    #[inline]
    pub(super) fn pair(&self) -> (&[u8], &[u8]) {
        self.sections[self.tree[0].section as usize].pair()
    }

    /// Returns the prefix of the current key.
    #[inline]
    pub(super) fn prefix(&self) -> u128 {
        self.tree[0].prefix
    }

    /// Returns an error about the section of the current pair.
    pub(super) fn lost(&self, what: &str) -> ShuffleError {
        self.sections[self.tree[0].section as usize].lost(what)
    }

    /// Moves to the next pair.
    #[inline]
    pub(super) fn advance(&mut self) -> Result<(), ShuffleError> {
        if self.pairs.is_multiple_of(CANCEL_CHECK_INTERVAL) && self.cancelled.load(Atomic::Relaxed)
        {
            return Err(ShuffleError::Cancelled);
        }
        let before = self.tree[0];
        let section = &mut self.sections[before.section as usize];
        let mark = if !section.ends_block() {
            Some(section.mark())
        } else {
            let (key, value) = section.pair();
            self.block_end.0.clear();
            self.block_end.0.extend_from_slice(key);
            self.block_end.1.clear();
            if self.sort_values {
                self.block_end.1.extend_from_slice(value);
            }
            None
        };
        let mut contender = before;
        if section.next_pair()? {
            let (key, value) = section.pair();
            contender.prefix = key_prefix(key);
            if contender.prefix <= before.prefix {
                let last = match mark {
                    Some(mark) => section.pair_at(mark),
                    None => (&self.block_end.0[..], &self.block_end.1[..]),
                };
                let mut order = contender
                    .prefix
                    .cmp(&before.prefix)
                    .then_with(|| key.cmp(last.0));
                if self.sort_values {
                    order = order.then_with(|| value.cmp(last.1));
                }
                if order.is_lt() {
                    return Err(section.lost("damaged section: keys are not in order"));
                }
                if order.is_eq() {
                    // An equal pair of the same section wins again, so the tree does not change.
                    self.pairs += 1;
                    return Ok(());
                }
            }
        } else {
            (contender.prefix, contender.exhausted) = (u128::MAX, true);
        }
        self.replay(contender);
        self.pairs += u64::from(!self.is_exhausted());
        Ok(())
    }

    /// Replays the matches of the section of the previous winner.
    #[inline]
    fn replay(&mut self, mut contender: Contender) {
        let mut node = (self.sections.len() + contender.section as usize) / 2;
        while node > 0 {
            let other = self.tree[node];
            let other_wins = match other.prefix == contender.prefix {
                false => other.prefix < contender.prefix,
                true => self.precedes(&other, &contender),
            };
            (contender, self.tree[node]) = Contender::swap_if(other_wins, contender, other);
            node /= 2;
        }
        self.tree[0] = contender;
    }

    /// Returns `true` if `a` comes before `b`.
    fn precedes(&self, a: &Contender, b: &Contender) -> bool {
        let order = a.prefix.cmp(&b.prefix).then(a.exhausted.cmp(&b.exhausted));
        let order = order.then_with(|| match a.exhausted {
            true => Ordering::Equal,
            false => self.order(a, b),
        });
        order.then(a.section.cmp(&b.section)).is_lt()
    }

    /// Compares the current pairs of two sections whose prefixes are equal.
    fn order(&self, a: &Contender, b: &Contender) -> Ordering {
        let (a_key, a_value) = self.sections[a.section as usize].pair();
        let (b_key, b_value) = self.sections[b.section as usize].pair();
        let by_key = match is_truncated(a.prefix) {
            true => a_key[15..].cmp(&b_key[15..]),
            false => Ordering::Equal,
        };
        match self.sort_values {
            true => by_key.then_with(|| a_value.cmp(b_value)),
            false => by_key,
        }
    }
}
