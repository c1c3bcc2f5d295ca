//! Reader of a section.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use super::block::{HEADER, Header, SectionLocation};
use super::entry::{BlobKind, SectionEntry};
use super::error::ShuffleError;
use super::range_source::RangeSource;
use super::record::{self, CountRecord};

/// Reader of a section, block by block. It holds the bytes of one fetch, and the current block if it was compressed.
pub struct Section {
    source: Box<dyn RangeSource + Send>,
    location: SectionLocation,
    /// Index of the section in errors, from 0.
    number: usize,
    /// Byte range that is not fetched yet.
    rest: Range<u64>,
    fetch: u64,
    fetched: Bytes,
    block: Bytes,
    at: usize,
    /// Current record: the offset of its key in the block, the length of the key, and its count. For a pair, the third
    /// number is the length of the value.
    current: (usize, usize, u64),
    blocks: u64,
    records_left: u64,
}

impl Section {
    /// Creates a reader for the section of `entry` in the blob `source`.
    ///
    /// The blob has the given kind and task, and the section the given partition. The reader fetches `fetch` bytes at
    /// once, or more for a longer block. Errors name the section by `number`.
    pub fn new(
        source: Box<dyn RangeSource + Send>,
        entry: &SectionEntry,
        (kind, task, partition): (BlobKind, u32, u32),
        fetch: usize,
        number: usize,
    ) -> Self {
        Self {
            source,
            location: kind.location(task, partition),
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

    /// Moves to the next record and returns it, or `None` after the last one.
    ///
    /// # Errors
    /// [`ShuffleError::Lost`] if the section is missing or damaged, and errors of the source.
    pub fn next_record(&mut self) -> Result<Option<CountRecord<'_>>, ShuffleError> {
        if self.at == self.block.len() && !self.next_block()? {
            return Ok(None);
        }
        let mut rest = &self.block[self.at..];
        let Some(found) = record::take(&mut rest) else {
            return Err(lost(self.number, "damaged section: invalid record"));
        };
        self.at = self.block.len() - rest.len();
        self.current = (self.at - found.len, found.len, found.count);
        self.records_left = match self.records_left.checked_sub(1) {
            Some(left) => left,
            None => {
                return Err(lost(self.number, TOO_MANY_RECORDS));
            }
        };
        Ok(Some(found))
    }

    /// Moves to the next pair. Returns `false` after the last one.
    ///
    /// # Errors
    /// See [`Section::next_record`].
    #[inline]
    pub(crate) fn next_pair(&mut self) -> Result<bool, ShuffleError> {
        if self.at == self.block.len() && !self.next_block()? {
            return Ok(false);
        }
        let mut rest = &self.block[self.at..];
        let Some((key, value)) = record::take_pair(&mut rest) else {
            return Err(lost(self.number, "damaged section: invalid record"));
        };
        if self.records_left == 0 {
            return Err(lost(self.number, TOO_MANY_RECORDS));
        }
        let (key, value) = (key.len(), value.len());
        self.at = self.block.len() - rest.len();
        self.current = (self.at - value - key, key, value as u64);
        self.records_left -= 1;
        Ok(true)
    }

    /// Returns the key and value of the current pair. They are empty before the first pair.
    #[inline]
    pub(crate) fn pair(&self) -> (&[u8], &[u8]) {
        self.pair_at(self.current)
    }

    /// Returns an earlier pair of the current block. `mark` is what [`Section::mark`] returned when the pair was
    /// current.
    #[inline]
    pub(super) fn pair_at(&self, (start, key, value): (usize, usize, u64)) -> (&[u8], &[u8]) {
        self.block[start..start + key + value as usize].split_at(key)
    }

    /// Returns a mark of the current pair, which is valid until the next block.
    #[inline]
    pub(super) fn mark(&self) -> (usize, usize, u64) {
        self.current
    }

    /// Returns `true` if the current record is the last one of its block. The next record then invalidates it.
    #[inline]
    pub(super) fn ends_block(&self) -> bool {
        self.at == self.block.len()
    }

    /// Returns the undecoded records of the next block, or `None` after the last one. Do not combine it with reading
    /// single records.
    pub(super) fn next_whole_block(&mut self) -> Result<Option<&[u8]>, ShuffleError> {
        if self.fetched.is_empty() && self.rest.is_empty() {
            // The records of whole blocks are not counted, so the number of records left is unknown here.
            self.records_left = 0;
            return Ok(None);
        }
        self.next_block()?;
        self.at = self.block.len();
        Ok(Some(&self.block))
    }

    /// Returns the number of bytes that are not fetched yet.
    pub(super) fn bytes_left(&self) -> u64 {
        self.rest.end - self.rest.start
    }

    /// Returns the number of records that are not read yet.
    pub fn records_left(&self) -> u64 {
        self.records_left
    }

    /// Returns the record that [`Section::next_record`] returned last. There must be one.
    #[inline]
    pub(super) fn current(&self) -> CountRecord<'_> {
        let (start, len, count) = self.current;
        let rest = &self.block[start..];
        CountRecord { rest, len, count }
    }

    /// Returns the unread records of the current block, or the next block. The slice is empty after the last block.
    pub(super) fn unread_records(&mut self) -> Result<&[u8], ShuffleError> {
        if self.at == self.block.len() {
            self.next_block()?;
        }
        Ok(&self.block[self.at..])
    }

    /// Consumes `bytes` of the slice that [`Section::unread_records`] returned. They contain `records` records.
    pub(super) fn consume(&mut self, bytes: usize, records: u64) -> Result<(), ShuffleError> {
        self.at += bytes;
        self.records_left = self
            .records_left
            .checked_sub(records)
            .ok_or_else(|| lost(self.number, TOO_MANY_RECORDS))?;
        Ok(())
    }

    /// Returns an error about this section.
    pub(super) fn lost(&self, what: &str) -> ShuffleError {
        lost(self.number, what)
    }

    /// Moves to the next block. Returns `false` after the last one.
    fn next_block(&mut self) -> Result<bool, ShuffleError> {
        (self.block, self.at) = (Bytes::new(), 0);
        self.current = (0, 0, 0);
        if self.fetched.is_empty() && self.rest.is_empty() {
            if self.records_left > 0 {
                return Err(self.lost("damaged section: it has fewer records than its index entry"));
            }
            return Ok(false);
        }
        let header = self.take(HEADER)?.first_chunk().and_then(Header::read);
        let header = header.ok_or_else(|| self.lost("damaged section: invalid block header"))?;
        let stored = self.take(header.stored)?;
        let raw = match header.open(self.location, self.blocks, &stored) {
            None => return Err(self.lost("damaged section: wrong block checksum")),
            Some(std::borrow::Cow::Borrowed(_)) => None,
            Some(std::borrow::Cow::Owned(raw)) => Some(raw),
        };
        self.block = raw.map_or(stored, Bytes::from);
        self.blocks += 1;
        Ok(true)
    }

    /// Returns the next `len` bytes. It copies them only if they span two fetches.
    fn take(&mut self, len: usize) -> Result<Bytes, ShuffleError> {
        if self.fetched.len() >= len {
            return Ok(self.fetched.split_to(len));
        }
        let missing = len - self.fetched.len();
        let left = self.rest.end - self.rest.start;
        if missing as u64 > left {
            return Err(self.lost("damaged section: it ends inside a block"));
        }
        let fetch = (missing as u64).max(self.fetch).min(left);
        let range = self.rest.start..self.rest.start + fetch;
        let Some(mut more) = self
            .source
            .read(range)?
            .filter(|more| more.len() as u64 == fetch)
        else {
            return Err(self.lost("the blob is missing or truncated"));
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

const TOO_MANY_RECORDS: &str = "damaged section: it has more records than its index entry";

fn lost(section: usize, what: &str) -> ShuffleError {
    ShuffleError::Lost {
        section,
        what: what.to_owned(),
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section")
            .field("location", &self.location)
            .field("rest", &self.rest)
            .field("records_left", &self.records_left)
            .finish_non_exhaustive()
    }
}
