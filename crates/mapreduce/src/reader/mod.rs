//! Records out of bytes.
//!
//! A reader is given exactly the bytes of a split, both ends of which are record boundaries, and hands
//! out one record after the other as valid UTF-8.

mod csv;
mod text;
mod window;

use std::io::{self, Read};

use crate::{Counters, FileFormat};

use csv::CsvReader;
use text::TextReader;
use window::Window;

/// How much is read at once, in bytes: two buffers of this size fit a core's second-level cache.
const BLOCK: usize = 256 << 10;

/// What keeps a reader from going on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The bytes could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A record is longer than is allowed; `at` is the offset of its start in the split.
    #[error("a record longer than {limit} bytes")]
    TooLong { at: u64, limit: u64 },
    /// A quoted cell has no end; `at` is the offset of its record's start in the split.
    #[error("a quoted cell that never ends")]
    UnclosedQuote { at: u64 },
}

/// Reads the records of a split and counts what is odd about them.
#[derive(Debug)]
pub(crate) struct RecordReader<R> {
    records: Records<R>,
    counters: Counters,
    /// Offset in the split of the first record with too few cells.
    first_short: Option<u64>,
    /// Where a record with invalid UTF-8 is rewritten.
    repaired: Vec<u8>,
}

#[derive(Debug)]
enum Records<R> {
    Text(TextReader<R>),
    Csv(CsvReader<R>),
}

impl<R: Read> RecordReader<R> {
    /// Reads `input`, whose bytes are laid out as `format`, refusing records over `max_record` bytes.
    pub(crate) fn new(input: R, format: &FileFormat, max_record: u64) -> Self {
        let window = Window::new(input, BLOCK, max_record);
        let records = match *format {
            FileFormat::Text => Records::Text(TextReader::new(window)),
            FileFormat::Csv { column, width } => {
                Records::Csv(CsvReader::new(window, column, width))
            }
        };
        Self {
            records,
            counters: Counters::default(),
            first_short: None,
            repaired: Vec::new(),
        }
    }

    /// The next record, valid UTF-8 without its line end; `None` behind the last.
    #[inline]
    pub(crate) fn next_record(&mut self) -> Result<Option<&[u8]>, ReadError> {
        let record = match &mut self.records {
            Records::Text(reader) => reader.next_record()?,
            Records::Csv(reader) => {
                reader.next_record(&mut self.counters.short_records, &mut self.first_short)?
            }
        };
        let Some(record) = record else {
            return Ok(None);
        };
        self.counters.records += 1;
        if memchr::memchr(0, record).is_some() {
            self.counters.nul_bytes += memchr::memchr_iter(0, record).count() as u64;
        }
        if std::str::from_utf8(record).is_ok() {
            return Ok(Some(record));
        }
        self.counters.invalid_utf8 += repair(record, &mut self.repaired);
        Ok(Some(&self.repaired))
    }

    /// What was counted so far; `bytes` and `emitted` are not a reader's to count.
    pub(crate) fn counters(&self) -> Counters {
        self.counters
    }

    /// Offset in the split of the first record with too few cells.
    pub(crate) fn first_short(&self) -> Option<u64> {
        self.first_short
    }
}

/// Writes `record` into `into` with each invalid sequence replaced; answers how many there were.
#[cold]
fn repair(record: &[u8], into: &mut Vec<u8>) -> u64 {
    into.clear();
    let mut invalid = 0;
    for chunk in record.utf8_chunks() {
        into.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            into.extend_from_slice("\u{fffd}".as_bytes());
            invalid += 1;
        }
    }
    invalid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_become_replacement_characters_and_are_counted() {
        let input = b"a\xffb\xe2\x82c\nfine\n\0 \0\n";
        let mut reader = RecordReader::new(&input[..], &FileFormat::Text, 100);
        let mut records = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            records.push(String::from_utf8(record.to_vec()).unwrap());
        }
        assert_eq!(records, ["a\u{fffd}b\u{fffd}c", "fine", "\0 \0"]);
        let counters = reader.counters();
        assert_eq!(
            (counters.records, counters.invalid_utf8, counters.nul_bytes),
            (3, 2, 2)
        );
    }
}
