//! Putting keys and counts in the order of the result: most frequent first, ties by the key's bytes.

use std::sync::atomic::AtomicBool;

use super::error::ShuffleError;
use super::ordered::{count_of, merge_rows, rank};
use super::spill::Spill;
use super::spool::Scratch;

/// Keys and counts that are to be put in the order of the result, in bounded memory.
#[derive(Debug)]
pub struct CountRows {
    scratch: Scratch,
    rows: Vec<Row>,
    keys: Vec<u8>,
    spills: Vec<Spill>,
    /// If given, only so many rows are wanted.
    top: Option<u64>,
}

/// Most bytes that are allotted at the start: some systems refuse what they could never give.
const ROOM: usize = 64 << 20;

/// What mostly decides the order, and where the key is.
#[derive(Debug, Clone, Copy)]
struct Row {
    rank: u128,
    start: usize,
    len: u32,
}

impl CountRows {
    /// No rows yet. Of what comes, only the first `top` in the order are wanted, if given.
    pub fn new(scratch: &Scratch, top: Option<u64>) -> Self {
        // All at once: the system gives memory when it is written to, not before. Allotted bit by bit, what is
        // outgrown would stay with the allocator, as much again.
        let room = (scratch.memory / 2).min(ROOM);
        Self {
            scratch: scratch.clone(),
            rows: Vec::with_capacity(room / size_of::<Row>()),
            keys: Vec::with_capacity(room),
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
        // The other half is for the sections and the part.
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
        let spill = Spill::write(&self.scratch, |blob| {
            self.each_here(|key, count| Ok(blob.push(0, key, count)?))
        })?;
        self.spills.push(spill);
        self.rows.clear();
        self.keys.clear();
        Ok(())
    }
}
