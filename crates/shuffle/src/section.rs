//! Reading a section, block by block.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use super::block::{HEADER, Header, Place};
use super::entry::{BlobKind, Entry};
use super::error::ShuffleError;
use super::range_source::RangeSource;
use super::record::{self, Found};

/// A section that is being read. Holds one fetch of bytes, and a block if that was compressed.
pub struct Section {
    source: Box<dyn RangeSource + Send>,
    place: Place,
    /// What the records' section is called in errors, from 0.
    number: usize,
    /// What was not fetched yet.
    rest: Range<u64>,
    fetch: u64,
    fetched: Bytes,
    block: Bytes,
    at: usize,
    /// Where in the block the key of the record at hand lies, its length, and its count; of a pair, the length
    /// of the value.
    current: (usize, usize, u64),
    blocks: u64,
    records_left: u64,
}

impl Section {
    /// The section of `entry`, for `partition` of the blob of `task`, which `source` reads. It fetches
    /// `fetch` bytes at once, more if a block is longer. `number` names it in errors.
    pub fn new(
        source: Box<dyn RangeSource + Send>,
        entry: &Entry,
        (kind, task, partition): (BlobKind, u32, u32),
        fetch: usize,
        number: usize,
    ) -> Self {
        Self {
            source,
            place: kind.place(task, partition),
            number,
            rest: entry.section(),
            fetch: (fetch as u64).max(HEADER as u64),
            fetched: Bytes::new(),
            block: Bytes::new(),
            at: 0,
            current: (0, 0, 0),
            blocks: 0,
            records_left: entry.records,
        }
    }

    /// The next record; `None` behind the last.
    ///
    /// # Errors
    /// [`ShuffleError::Lost`] if the section is not what was written; errors of the source.
    pub fn next_record(&mut self) -> Result<Option<Found<'_>>, ShuffleError> {
        if self.at == self.block.len() && !self.next_block()? {
            return Ok(None);
        }
        let mut rest = &self.block[self.at..];
        let Some(found) = record::take(&mut rest) else {
            return Err(lost(self.number, "a record in it cannot be read"));
        };
        self.at = self.block.len() - rest.len();
        self.current = (self.at - found.len, found.len, found.count);
        self.records_left = match self.records_left.checked_sub(1) {
            Some(left) => left,
            None => {
                return Err(lost(
                    self.number,
                    "there are more records than were written",
                ));
            }
        };
        Ok(Some(found))
    }

    /// Goes to the next pair, which is at hand then; answers whether there is one.
    ///
    /// # Errors
    /// As for [`Section::next_record`].
    #[inline]
    pub(crate) fn next_pair(&mut self) -> Result<bool, ShuffleError> {
        if self.at == self.block.len() && !self.next_block()? {
            return Ok(false);
        }
        let mut rest = &self.block[self.at..];
        let Some((key, value)) = record::take_pair(&mut rest) else {
            return Err(lost(self.number, "a record in it cannot be read"));
        };
        if self.records_left == 0 {
            let what = "there are more records than were written";
            return Err(lost(self.number, what));
        }
        let (key, value) = (key.len(), value.len());
        self.at = self.block.len() - rest.len();
        self.current = (self.at - value - key, key, value as u64);
        self.records_left -= 1;
        Ok(true)
    }

    /// Key and value of the pair at hand; empty before the first one.
    #[inline]
    pub(crate) fn pair(&self) -> (&[u8], &[u8]) {
        self.pair_at(self.current)
    }

    /// A pair of the block at hand, by what [`Section::mark`] said when it was at hand.
    #[inline]
    pub(super) fn pair_at(&self, (start, key, value): (usize, usize, u64)) -> (&[u8], &[u8]) {
        self.block[start..start + key + value as usize].split_at(key)
    }

    /// Where in its block the pair at hand lies.
    #[inline]
    pub(super) fn mark(&self) -> (usize, usize, u64) {
        self.current
    }

    /// Whether the record at hand is the last of its block: it is gone with the next one.
    #[inline]
    pub(super) fn ends_block(&self) -> bool {
        self.at == self.block.len()
    }

    /// All records of the next block, unread; `None` behind the last. Not to be mixed with reading records.
    pub(super) fn next_whole_block(&mut self) -> Result<Option<&[u8]>, ShuffleError> {
        if self.fetched.is_empty() && self.rest.is_empty() {
            // Whoever takes whole blocks does not count what is in them.
            self.records_left = 0;
            return Ok(None);
        }
        self.next_block()?;
        self.at = self.block.len();
        Ok(Some(&self.block))
    }

    /// Bytes that were not fetched yet.
    pub(super) fn bytes_left(&self) -> u64 {
        self.rest.end - self.rest.start
    }

    /// Number of records that were not given yet.
    pub fn records_left(&self) -> u64 {
        self.records_left
    }

    /// The record that [`Section::next_record`] gave last; it must have given one.
    #[inline]
    pub(super) fn current(&self) -> Found<'_> {
        let (start, len, count) = self.current;
        let rest = &self.block[start..];
        Found { rest, len, count }
    }

    /// What is left of the block at hand, or the next block; empty behind the last.
    pub(super) fn records(&mut self) -> Result<&[u8], ShuffleError> {
        if self.at == self.block.len() {
            self.next_block()?;
        }
        Ok(&self.block[self.at..])
    }

    /// Takes `bytes` of what [`Section::records`] gave: so many `records`.
    pub(super) fn took(&mut self, bytes: usize, records: u64) -> Result<(), ShuffleError> {
        self.at += bytes;
        self.records_left = self
            .records_left
            .checked_sub(records)
            .ok_or_else(|| lost(self.number, "there are more records than were written"))?;
        Ok(())
    }

    /// An error about this section.
    pub(super) fn lost(&self, what: &str) -> ShuffleError {
        lost(self.number, what)
    }

    /// Goes to the next block; answers whether there is one.
    fn next_block(&mut self) -> Result<bool, ShuffleError> {
        (self.block, self.at) = (Bytes::new(), 0);
        self.current = (0, 0, 0);
        if self.fetched.is_empty() && self.rest.is_empty() {
            if self.records_left > 0 {
                return Err(self.lost("there are fewer records than were written"));
            }
            return Ok(false);
        }
        let header = self.take(HEADER)?.first_chunk().and_then(Header::read);
        let header = header.ok_or_else(|| self.lost("a block has no valid header"))?;
        let stored = self.take(header.stored)?;
        let raw = match header.open(self.place, self.blocks, &stored) {
            None => return Err(self.lost("a block is not what was written (its checksum differs)")),
            Some(std::borrow::Cow::Borrowed(_)) => None,
            Some(std::borrow::Cow::Owned(raw)) => Some(raw),
        };
        self.block = raw.map_or(stored, Bytes::from);
        self.blocks += 1;
        Ok(true)
    }

    /// Takes the next `len` bytes. They are copied only if they lie in two fetches.
    fn take(&mut self, len: usize) -> Result<Bytes, ShuffleError> {
        if self.fetched.len() >= len {
            return Ok(self.fetched.split_to(len));
        }
        let missing = len - self.fetched.len();
        let left = self.rest.end - self.rest.start;
        if missing as u64 > left {
            return Err(self.lost("it ends inside a block"));
        }
        let fetch = (missing as u64).max(self.fetch).min(left);
        let range = self.rest.start..self.rest.start + fetch;
        let Some(mut more) = self
            .source
            .read(range)?
            .filter(|more| more.len() as u64 == fetch)
        else {
            return Err(self.lost("it is missing or short"));
        };
        self.rest.start += fetch;
        let first = std::mem::take(&mut self.fetched);
        let second = more.split_to(missing);
        self.fetched = more;
        Ok(match first.is_empty() {
            true => second,
            false => [first, second].concat().into(),
        })
    }
}

fn lost(section: usize, what: &str) -> ShuffleError {
    ShuffleError::Lost {
        section,
        what: what.to_owned(),
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section")
            .field("place", &self.place)
            .field("rest", &self.rest)
            .field("records_left", &self.records_left)
            .finish_non_exhaustive()
    }
}
