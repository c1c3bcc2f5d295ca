//! Locations of records, for messages.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use mapreduce_core::{FileFormat, Split};
use mapreduce_formats::{input, reader};

/// Bytes read at once while lines are counted.
const BLOCK: usize = 64 << 10;

/// Location of a record in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordLocation {
    /// Offset of the record, as [`mapreduce_core::Record::offset`]: bytes, or the row in Parquet.
    pub offset: u64,
    /// First line of the record, from 1. `None` in Parquet, where a record is a row.
    pub line: Option<u64>,
}

impl RecordLocation {
    /// Returns the location of the record that starts at `offset`. Reads the file up to there to count its lines.
    pub(super) fn find(path: &Path, split: &Split, offset: u64) -> io::Result<Self> {
        let line = if let FileFormat::Parquet { .. } = split.file.format {
            None
        } else {
            let from_split = offset.saturating_sub(reader::base_offset(split));
            Some(line_number(path, split, from_split)?)
        };
        Ok(Self { offset, line })
    }
}

impl fmt::Display for RecordLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line} (offset {})", self.offset),
            None => write!(f, "row {}", self.offset + 1),
        }
    }
}

/// Returns the line or row of the record that starts `at` bytes (or rows) after the start of `split`: `line 4`.
pub(super) fn describe_location(path: &Path, split: &Split, at: u64) -> io::Result<String> {
    if let FileFormat::Parquet { .. } = split.file.format {
        return Ok(format!("row {}", at + 1));
    }
    Ok(format!("line {}", line_number(path, split, at)?))
}

/// Returns the line number of the byte that lies `at` bytes after the start of `split`. Reads the file again, so it
/// is for messages only.
fn line_number(path: &Path, split: &Split, at: u64) -> io::Result<u64> {
    let (mut from, mut at) = (split.clone(), at);
    // Without a line number from the planner, the lines are counted from the start of the file.
    let mut line = split.line.unwrap_or_else(|| {
        at += std::mem::take(&mut from.start);
        1
    });
    let file = File::open(path)?;
    // The attempt has read these bytes already, within the limit of its job.
    let mut rest = input::records(&file, &from, u64::MAX)?.take(at);
    let mut block = vec![0; BLOCK];
    loop {
        let n = rest.read(&mut block)?;
        if n == 0 {
            return Ok(line);
        }
        line += memchr::memchr_iter(b'\n', &block[..n]).count() as u64;
    }
}
