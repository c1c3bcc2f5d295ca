//! Merges sections that are in the order of the result.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};

use super::error::ShuffleError;
use super::section::Section;

/// Returns a number that orders rows like the result: by count, then by the first eight bytes of the key. Rows of
/// equal rank must be compared by key.
#[inline]
pub(super) fn rank(key: &[u8], count: u64) -> u128 {
    let prefix = if let Some(prefix) = key.first_chunk::<8>() {
        u64::from_be_bytes(*prefix)
    } else {
        let mut bytes = [0; 8];
        bytes[..key.len()].copy_from_slice(key);
        u64::from_be_bytes(bytes)
    };
    u128::from(!count) << 64 | u128::from(prefix)
}

/// Returns the count of a rank.
pub(super) fn count_of(rank: u128) -> u64 {
    !((rank >> 64) as u64)
}

/// A row that divides the result into ranges.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pivot {
    rank: u128,
    key: Vec<u8>,
}

impl Pivot {
    /// Returns the current row of `section` as a pivot.
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

/// Calls `each` with every row of `sections` in the order of the result. Stops when `each` returns `false`.
///
/// Each section must be in the order of the result, and no key may occur twice.
///
/// # Errors
/// Errors of the sections and of `each`, and [`ShuffleError::Cancelled`] soon after `cancelled` is set.
pub fn merge_rows(
    sections: &mut [Section],
    cancelled: &AtomicBool,
    each: impl FnMut(&[u8], u64) -> Result<bool, ShuffleError>,
) -> Result<(), ShuffleError> {
    merge_between(sections, None, None, cancelled, each)
}

/// Calls `each` like [`merge_rows`], but only with the rows from `from` (inclusive) to `to` (exclusive).
///
/// # Errors
/// A section cannot be read, the merge is cancelled, or `each` fails.
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
                heap.0.push(HeapEntry {
                    rank,
                    section: number,
                });
                break;
            }
        }
    }
    heap.0.sort_unstable_by(|a, b| a.order(b, sections));
    let mut last: Option<Pivot> = None;
    let mut rows = 0u32;
    while let Some(HeapEntry { rank, section }) = heap.0.first().copied() {
        let key = sections[section].current().key();
        if to.is_some_and(|to| to.order(rank, key).is_le()) || !each(key, count_of(rank))? {
            return Ok(());
        }
        if let Some(last) = &mut last {
            if last.order(rank, key).is_ge() {
                return Err(sections[section]
                    .lost("damaged section: rows are not in the order of the result"));
            }
            last.rank = rank;
            last.key.clear();
            last.key.extend_from_slice(key);
        } else {
            last = Some(Pivot::at(&sections[section]));
        }
        rows = rows.wrapping_add(1);
        if rows.is_multiple_of(1 << 14) && cancelled.load(Atomic::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        heap.advance(sections)?;
    }
    Ok(())
}

/// Heap entry of a section that has a current row.
#[derive(Debug, Clone, Copy)]
struct HeapEntry {
    rank: u128,
    section: usize,
}

impl HeapEntry {
    #[inline]
    fn order(&self, other: &Self, sections: &[Section]) -> Ordering {
        let key = |entry: &Self| sections[entry.section].current().key();
        let by_rank = self.rank.cmp(&other.rank);
        by_rank.then_with(|| key(self).cmp(key(other)))
    }
}

/// Binary heap of the sections that have a current row. The section with the first row is on top.
///
/// `BinaryHeap` does not fit: comparing two entries needs the sections, and the top entry is replaced in place.
#[derive(Debug, Default)]
struct Heap(Vec<HeapEntry>);

impl Heap {
    /// Moves the section on top to its next row.
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
        let (entries, mut at) = (&mut self.0, 0);
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= entries.len() {
                return;
            }
            let mut least = left;
            if right < entries.len() && entries[right].order(&entries[left], sections).is_lt() {
                least = right;
            }
            if entries[at].order(&entries[least], sections).is_le() {
                return;
            }
            entries.swap(at, least);
            at = least;
        }
    }
}
