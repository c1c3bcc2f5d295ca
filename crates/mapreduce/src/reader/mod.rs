//! Records out of bytes.
//!
//! A reader is given exactly the bytes of a split, both ends of which are record boundaries, and hands
//! out its records as valid UTF-8, block by block: what is the same for all records of a block is found
//! out once.

mod csv;
mod text;
mod window;

use std::io::{self, Read};

use crate::input::Content;
use crate::{Counters, FileFormat, Record};

use csv::CsvReader;
use text::TextReader;
use window::Window;

/// How much is read at once, in bytes: two buffers of this size fit a core's second-level cache.
const BLOCK: usize = 256 << 10;

/// What keeps a reader from going on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A record is longer than is allowed; `at` is the offset of its start in the split.
    #[error("a record longer than {limit} bytes")]
    TooLong {
        /// Where it starts.
        at: u64,
        /// The longest accepted, in bytes.
        limit: u64,
    },
    /// A quoted cell has no end; `at` is the offset of its record's start in the split.
    #[error("a quoted cell that never ends")]
    UnclosedQuote {
        /// Where its record starts.
        at: u64,
    },
}

/// The records of a file.
pub type Records<'a> = RecordReader<Content<'a>>;

/// Reads the records of a split and counts what is odd about them.
#[derive(Debug)]
pub struct RecordReader<R> {
    layout: Layout<R>,
    /// Offset in the file of the first record.
    base: u64,
    counters: Counters,
    short: Short,
    /// Where a record with invalid UTF-8 is rewritten.
    repaired: Vec<u8>,
}

#[derive(Debug)]
enum Layout<R> {
    Text(TextReader<R>),
    Csv(CsvReader<R>),
}

/// CSV records with too few cells.
#[derive(Debug, Clone, Copy, Default)]
struct Short {
    records: u64,
    /// Offset in the split of the first one.
    first: Option<u64>,
}

impl<R: Read> RecordReader<R> {
    /// Reads `input`, whose bytes are laid out as `format`, refusing records over `max_record` bytes.
    /// The first one starts `base` bytes behind the start of its file.
    pub fn new(input: R, format: &FileFormat, max_record: u64, base: u64) -> Self {
        let window = Window::new(input, BLOCK, max_record);
        let layout = match *format {
            FileFormat::Text => Layout::Text(TextReader::new(window)),
            FileFormat::Csv { column, width } => Layout::Csv(CsvReader::new(window, column, width)),
        };
        Self {
            layout,
            base,
            counters: Counters::default(),
            short: Short::default(),
            repaired: Vec::new(),
        }
    }

    /// Reads on by a block and hands out the records that end in it, each valid UTF-8 without its line
    /// end; `false` behind the last one.
    pub fn batch(&mut self, mut each: impl FnMut(Record<'_>)) -> Result<bool, ReadError> {
        let Self {
            base,
            layout,
            counters,
            short,
            repaired,
        } = self;
        let plain = match layout {
            Layout::Text(reader) => reader.read_on()?,
            Layout::Csv(reader) => reader.read_on()?,
        };
        let mut count = 0;
        let mut odd = |record: Record<'_>| {
            count += 1;
            let record = record.behind(*base);
            if plain {
                return each(record);
            }
            let bytes = record.bytes();
            counters.nul_bytes += memchr::memchr_iter(0, bytes).count() as u64;
            if std::str::from_utf8(bytes).is_ok() {
                return each(record);
            }
            counters.invalid_utf8 += repair(bytes, repaired);
            each(record.with_bytes(repaired));
        };
        let more = match layout {
            Layout::Text(reader) => reader.batch(&mut odd)?,
            Layout::Csv(reader) => reader.batch(short, &mut odd)?,
        };
        counters.records += count;
        counters.short_records = short.records;
        Ok(more)
    }

    /// What was counted so far; `bytes` and `emitted` are not a reader's to count.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Offset in the split of the first record with too few cells.
    pub fn first_short(&self) -> Option<u64> {
        self.short.first
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
        let mut reader = RecordReader::new(&input[..], &FileFormat::Text, 100, 0);
        let mut records = Vec::new();
        let mut keep = |record: Record<'_>| {
            records.push(String::from_utf8(record.bytes().to_vec()).unwrap());
        };
        while reader.batch(&mut keep).unwrap() {}
        assert_eq!(records, ["a\u{fffd}b\u{fffd}c", "fine", "\0 \0"]);
        let counters = reader.counters();
        assert_eq!(
            (counters.records, counters.invalid_utf8, counters.nul_bytes),
            (3, 2, 2)
        );
    }
}
