//! The order of the result: most frequent first, ties by the key's bytes.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};

use super::error::ShuffleError;
use super::record::Found;
use super::section::Section;
use super::spool::{Scratch, Spooled};
use super::{BlobKind, BlobWriter, Entry};

/// Keys and counts that are to be put in the order of the result, in bounded memory.
#[derive(Debug)]
pub struct Rows {
    scratch: Scratch,
    rows: Vec<Row>,
    keys: Vec<u8>,
    spills: Vec<(Spooled, Entry)>,
    /// If given, only so many rows are wanted.
    top: Option<u64>,
}

/// What mostly decides the order, and where the key is.
#[derive(Debug, Clone, Copy)]
struct Row {
    rank: u128,
    start: usize,
    len: u32,
}

/// A number that is smaller for what comes first: the count, then the first eight bytes of the key. Equal
/// numbers say nothing.
#[inline]
fn rank(key: &[u8], count: u64) -> u128 {
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

fn count_of(rank: u128) -> u64 {
    !((rank >> 64) as u64)
}

impl Rows {
    /// No rows yet. Of what comes, only the first `top` in the order are wanted, if given.
    pub fn new(scratch: &Scratch, top: Option<u64>) -> Self {
        Self {
            scratch: scratch.clone(),
            rows: Vec::new(),
            keys: Vec::new(),
            spills: Vec::new(),
            top,
        }
    }

    /// Adds a row; every key once.
    ///
    /// # Errors
    /// Those of a local file.
    #[inline]
    pub fn push(&mut self, key: &[u8], count: u64) -> Result<(), ShuffleError> {
        let row = Row {
            rank: rank(key, count),
            start: self.keys.len(),
            len: u32::try_from(key.len()).map_err(std::io::Error::other)?,
        };
        self.keys.extend_from_slice(key);
        self.rows.push(row);
        // Both grow by doubling, so half of the memory may be twice as much a moment later.
        if self.rows.len() * size_of::<Row>() + self.keys.len() > self.scratch.memory / 2 {
            self.spill()?;
        }
        Ok(())
    }

    /// Calls `each` with every row, in order.
    ///
    /// # Errors
    /// Those of local files, those of `each`, and [`ShuffleError::Cancelled`].
    pub fn each_sorted(
        mut self,
        cancelled: &AtomicBool,
        mut each: impl FnMut(&[u8], u64) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        if self.spills.is_empty() {
            self.sort();
            return self.each_here(each);
        }
        self.spill()?;
        (self.rows, self.keys) = (Vec::new(), Vec::new());
        let fetch = (self.scratch.memory / 2 / self.spills.len()).clamp(8 << 10, 256 << 10);
        let sections = self
            .spills
            .iter()
            .enumerate()
            .map(|(number, (spill, entry))| {
                let place = (BlobKind::Spill, 0, 0);
                Ok(Section::new(spill.source()?, entry, place, fetch, number))
            });
        let mut sections = sections.collect::<Result<Vec<_>, ShuffleError>>()?;
        let mut left = self.top.unwrap_or(u64::MAX);
        merge_rows(&mut sections, cancelled, |key, count| {
            if left == 0 {
                return Ok(false);
            }
            left -= 1;
            each(key, count)?;
            Ok(true)
        })
    }

    fn sort(&mut self) {
        let keys = &self.keys;
        let key = |row: &Row| &keys[row.start..row.start + row.len as usize];
        // Comparing two numbers needs no branch; the few ties are sorted after that.
        self.rows.sort_unstable_by_key(|row| row.rank);
        for tied in self.rows.chunk_by_mut(|a, b| a.rank == b.rank) {
            if tied.len() > 1 {
                tied.sort_unstable_by(|a, b| key(a).cmp(key(b)));
            }
        }
        if let Some(top) = self.top {
            self.rows
                .truncate(usize::try_from(top).unwrap_or(usize::MAX));
        }
    }

    fn each_here(
        &self,
        mut each: impl FnMut(&[u8], u64) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        for row in &self.rows {
            each(
                &self.keys[row.start..row.start + row.len as usize],
                count_of(row.rank),
            )?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<(), ShuffleError> {
        self.sort();
        let mut blob = BlobWriter::new(BlobKind::Spill, 0, 1, true, 0, &self.scratch)?;
        self.each_here(|key, count| Ok(blob.push(0, key, count)?))?;
        self.spills.push(spilled(blob)?);
        self.rows.clear();
        self.keys.clear();
        Ok(())
    }
}

/// Ends a spill; it has one section.
pub(super) fn spilled(blob: BlobWriter) -> Result<(Spooled, Entry), ShuffleError> {
    let written = blob.finish()?;
    let bytes = written.bytes.source()?.read(Entry::range(0))?;
    let entry = bytes.and_then(|bytes| Entry::read(&bytes, BlobKind::Spill, 0, 0));
    let entry = entry.ok_or_else(|| std::io::Error::other("a spill lost its first bytes"))?;
    Ok((written.bytes, entry))
}

/// Calls `each` with every row of all `sections`, each of which is in the order of the result; all
/// together they hold every key once. Stops when `each` answers that it wants no more.
///
/// # Errors
/// Those of the sections, of `each`, and [`ShuffleError::Cancelled`] soon after `cancelled` is set.
pub fn merge_rows(
    sections: &mut [Section],
    cancelled: &AtomicBool,
    mut each: impl FnMut(&[u8], u64) -> Result<bool, ShuffleError>,
) -> Result<(), ShuffleError> {
    let mut heads = Vec::with_capacity(sections.len());
    for section in 0..sections.len() {
        if let Some(head) = Head::next(sections, section, None)? {
            heads.push(head);
        }
    }
    let mut heap = Heap::new(heads);
    let mut turns = 0u32;
    while let Some(first) = heap.first() {
        if !each(&first.key, count_of(first.rank))? {
            return Ok(());
        }
        turns = turns.wrapping_add(1);
        if turns.is_multiple_of(1 << 14) && cancelled.load(Atomic::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        let section = first.section;
        let reuse = heap.take_key();
        match Head::next(sections, section, Some(reuse))? {
            Some(next) => heap.replace_first(next),
            None => heap.remove_first(),
        }
    }
    Ok(())
}

/// The next row of a section.
#[derive(Debug)]
struct Head {
    rank: u128,
    key: Vec<u8>,
    section: usize,
}

impl Head {
    /// `before` is the row before it, whose memory is used again.
    fn next(
        sections: &mut [Section],
        section: usize,
        before: Option<(u128, Vec<u8>)>,
    ) -> Result<Option<Self>, ShuffleError> {
        let Some(found) = sections[section].next_record()? else {
            return Ok(None);
        };
        let rank = rank(found.key(), found.count);
        let (bound, mut key) = before.unwrap_or((0, Vec::new()));
        let ordered = rank > bound
            || (rank == bound && *found.key() > key[..])
            || (bound == 0 && key.is_empty());
        key.clear();
        key.extend_from_slice(Found::key(&found));
        if !ordered {
            return Err(sections[section].lost("its rows are not in the order of the result"));
        }
        Ok(Some(Self { rank, key, section }))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.rank
            .cmp(&other.rank)
            .then_with(|| self.key.cmp(&other.key))
    }
}

/// The heads of all sections, the first of them in front. A heap of the standard library would move each
/// head with its key out and in again; here the front is replaced where it is.
#[derive(Debug)]
struct Heap(Vec<Head>);

impl Heap {
    fn new(mut heads: Vec<Head>) -> Self {
        // A sorted list is a heap.
        heads.sort_unstable_by(Head::order);
        Self(heads)
    }

    fn first(&self) -> Option<&Head> {
        self.0.first()
    }

    /// The front's rank and key; what is left in front must be replaced.
    fn take_key(&mut self) -> (u128, Vec<u8>) {
        let first = &mut self.0[0];
        (first.rank, std::mem::take(&mut first.key))
    }

    fn replace_first(&mut self, head: Head) {
        self.0[0] = head;
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let Some(mut least) = self.0.get(left).map(|_| left) else {
                return;
            };
            if right < self.0.len() && self.0[right].order(&self.0[left]).is_lt() {
                least = right;
            }
            if self.0[at].order(&self.0[least]).is_le() {
                return;
            }
            self.0.swap(at, least);
            at = least;
        }
    }

    fn remove_first(&mut self) {
        let last = self.0.pop();
        if let (Some(last), false) = (last, self.0.is_empty()) {
            self.replace_first(last);
        }
    }
}
