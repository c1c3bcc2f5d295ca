//! Sorts keys and counts into the order of the result: highest count first, ties by the bytes of the key.

use std::sync::atomic::AtomicBool;

use super::error::ShuffleError;
use super::ordered_merge::{count_of, merge_rows, rank};
use super::spill::Spill;
use super::spool::Scratch;

/// Sorter of keys and counts into the order of the result, in bounded memory.
#[derive(Debug)]
pub struct CountRows {
    scratch: Scratch,
    rows: Vec<Row>,
    keys: Vec<u8>,
    spills: Vec<Spill>,
    /// Maximum number of rows of the result.
    top: Option<u64>,
}

/// Maximum initial allocation, in bytes. Systems without overcommit refuse allocations beyond their memory.
const MAX_INITIAL_ALLOCATION: usize = 64 << 20;

/// Rank of a row, and the location of its key in the arena. The rank alone decides most comparisons.
#[derive(Debug, Clone, Copy)]
struct Row {
    rank: u128,
    start: usize,
    len: u32,
}

impl CountRows {
    /// Creates an empty sorter. If `top` is given, only the first `top` rows are kept.
    pub fn new(scratch: &Scratch, top: Option<u64>) -> Self {
        // Allocate everything at once. The system commits memory only when it is written to. Growing step by step would
        // leave the outgrown buffers with the allocator and double the memory use.
        let allocation = (scratch.memory / 2).min(MAX_INITIAL_ALLOCATION);
        Self {
            scratch: scratch.clone(),
            rows: Vec::with_capacity(allocation / size_of::<Row>()),
            keys: Vec::with_capacity(allocation),
            spills: Vec::new(),
            top,
        }
    }

    /// Adds a row. Each key must be added once only.
    ///
    /// # Errors
    /// Errors of the local file.
    #[inline]
    pub fn push(&mut self, key: &[u8], count: u64) -> Result<(), ShuffleError> {
        let row = Row {
            rank: rank(key, count),
            start: self.keys.len(),
            len: u32::try_from(key.len()).map_err(std::io::Error::other)?,
        };
        self.keys.extend_from_slice(key);
        self.rows.push(row);
        // The other half of the memory is for the input sections and the partition result.
        if self.rows.len() * size_of::<Row>() + self.keys.len() > self.scratch.memory / 2 {
            self.spill()?;
        }
        Ok(())
    }

    /// Calls `each` with every row in the order of the result.
    ///
    /// # Errors
    /// Errors of local files and of `each`, and [`ShuffleError::Cancelled`].
    pub fn each_sorted(
        mut self,
        cancelled: &AtomicBool,
        mut each: impl FnMut(&[u8], u64) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        if self.spills.is_empty() {
            self.sort();
            return self.each_in_memory(each);
        }
        self.spill()?;
        (self.rows, self.keys) = (Vec::new(), Vec::new());
        let mut sections = Spill::open(&self.spills, self.scratch.memory / 2)?;
        let mut left = self.top.unwrap_or(u64::MAX);
        let merged = merge_rows(&mut sections, cancelled, |key, count| {
            if left == 0 {
                return Ok(false);
            }
            left -= 1;
            each(key, count)?;
            Ok(true)
        });
        merged.map_err(ShuffleError::of_spills)
    }

    fn sort(&mut self) {
        let keys = &self.keys;
        let key = |row: &Row| &keys[row.start..row.start + row.len as usize];
        // Sort by rank first, because comparing two numbers needs no branch. Then sort the few ties by key.
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

    fn each_in_memory(
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
        let spill = Spill::write(&self.scratch, |blob| {
            self.each_in_memory(|key, count| Ok(blob.push(0, key, count)?))
        })?;
        self.spills.push(spill);
        self.rows.clear();
        self.keys.clear();
        Ok(())
    }
}
