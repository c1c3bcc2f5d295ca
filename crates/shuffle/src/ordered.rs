//! Merging sections that are in the order of the result.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};

use super::error::ShuffleError;
use super::section::Section;

/// A number that is smaller for what comes first: the count, then the first eight bytes of the key. Equal
/// numbers say nothing.
#[inline]
pub(super) fn rank(key: &[u8], count: u64) -> u128 {
    let prefix = match key.first_chunk::<8>() {
        Some(prefix) => u64::from_be_bytes(*prefix),
        None => {
            let mut bytes = [0; 8];
            bytes[..key.len()].copy_from_slice(key);
            u64::from_be_bytes(bytes)
        }
    };
    u128::from(!count) << 64 | u128::from(prefix)
}

/// The count in a rank.
pub(super) fn count_of(rank: u128) -> u64 {
    !((rank >> 64) as u64)
}

/// A place in the order of the result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pivot {
    rank: u128,
    key: Vec<u8>,
}

impl Pivot {
    /// The place of the row at hand in `section`.
    pub fn at(section: &Section) -> Self {
        let row = section.current();
        Self {
            rank: rank(row.key(), row.count),
            key: row.key().to_vec(),
        }
    }

    fn order(&self, rank: u128, key: &[u8]) -> Ordering {
        self.rank.cmp(&rank).then_with(|| self.key[..].cmp(key))
    }
}

/// Calls `each` with every row of all `sections`, each of which is in the order of the result; all
/// together they hold every key once. Stops when `each` answers that it wants no more.
///
/// # Errors
/// Those of the sections, of `each`, and [`ShuffleError::Cancelled`] soon after `cancelled` is set.
pub fn merge_rows(
    sections: &mut [Section],
    cancelled: &AtomicBool,
    each: impl FnMut(&[u8], u64) -> Result<bool, ShuffleError>,
) -> Result<(), ShuffleError> {
    merge_between(sections, None, None, cancelled, each)
}

/// Like [`merge_rows`] for the rows from one place up to another, which is left out.
pub fn merge_between(
    sections: &mut [Section],
    from: Option<&Pivot>,
    to: Option<&Pivot>,
    cancelled: &AtomicBool,
    mut each: impl FnMut(&[u8], u64) -> Result<bool, ShuffleError>,
) -> Result<(), ShuffleError> {
    let mut heap = Heap::default();
    for (number, section) in sections.iter_mut().enumerate() {
        while let Some(row) = section.next_record()? {
            let rank = rank(row.key(), row.count);
            if from.is_none_or(|from| from.order(rank, row.key()).is_le()) {
                heap.0.push(Head {
                    rank,
                    section: number,
                });
                break;
            }
        }
    }
    heap.0.sort_unstable_by(|a, b| a.order(b, sections));
    let mut last: Option<Pivot> = None;
    let mut turns = 0u32;
    while let Some(Head { rank, section }) = heap.0.first().copied() {
        let key = sections[section].current().key();
        if to.is_some_and(|to| to.order(rank, key).is_le()) || !each(key, count_of(rank))? {
            return Ok(());
        }
        if let Some(last) = &mut last {
            if last.order(rank, key).is_ge() {
                return Err(sections[section].lost("its rows are not in the order of the result"));
            }
            last.rank = rank;
            last.key.clear();
            last.key.extend_from_slice(key);
        } else {
            last = Some(Pivot::at(&sections[section]));
        }
        turns = turns.wrapping_add(1);
        if turns.is_multiple_of(1 << 14) && cancelled.load(Atomic::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        heap.advance(sections)?;
    }
    Ok(())
}

/// That a section has a row at hand.
#[derive(Debug, Clone, Copy)]
struct Head {
    rank: u128,
    section: usize,
}

impl Head {
    #[inline]
    fn order(&self, other: &Self, sections: &[Section]) -> Ordering {
        let key = |head: &Self| sections[head.section].current().key();
        let by_rank = self.rank.cmp(&other.rank);
        by_rank.then_with(|| key(self).cmp(key(other)))
    }
}

/// The sections that have a row at hand, the first of them in front. Not a heap of the standard library:
/// the order of two heads is not in the heads alone, and the front is replaced where it is.
#[derive(Debug, Default)]
struct Heap(Vec<Head>);

impl Heap {
    /// Goes on to the next row of the section in front.
    fn advance(&mut self, sections: &mut [Section]) -> Result<(), ShuffleError> {
        let section = self.0[0].section;
        match sections[section].next_record()? {
            Some(row) => self.0[0].rank = rank(row.key(), row.count),
            None => {
                self.0.swap_remove(0);
            }
        }
        self.sift_down(sections);
        Ok(())
    }

    fn sift_down(&mut self, sections: &[Section]) {
        let (heads, mut at) = (&mut self.0, 0);
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= heads.len() {
                return;
            }
            let mut least = left;
            if right < heads.len() && heads[right].order(&heads[left], sections).is_lt() {
                least = right;
            }
            if heads[at].order(&heads[least], sections).is_le() {
                return;
            }
            heads.swap(at, least);
            at = least;
        }
    }
}
