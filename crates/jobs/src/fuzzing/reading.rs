//! Reading of records from memory.

use std::io;

use mapreduce_core::{Counters, FileFormat};
use mapreduce_formats::reader::{ReadError, RecordReader};

/// Block size of the reader, in bytes. It is small because allocating a large block for each input would dominate the
/// run time.
const BLOCK: usize = 1 << 10;

/// Reader that returns at most a given number of bytes per call, like a pipe.
pub(super) struct Slow<'a>(pub(super) &'a [u8], pub(super) usize);

impl io::Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.1);
        self.0.read(&mut into[..most])
    }
}

/// A record: its offset, line number, text and fields.
pub(super) type Kept = (u64, Option<u64>, String, Vec<Option<String>>);

/// Records and counters that a reader returned.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) records: Vec<Kept>,
    pub(super) counters: Counters,
}

/// Reads all records of `input`, which starts at byte `base` of its file, in line `line`.
pub(super) fn read(
    input: impl io::Read,
    format: &FileFormat,
    base: u64,
    line: Option<u64>,
) -> Result<Read, ReadError> {
    let mut reader = RecordReader::in_blocks(BLOCK, input, format, 1 << 20, base, line);
    let mut records = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    while reader.batch(|record| {
        let fields = (0..record.field_count()).map(|at| record.field(at).map(text));
        let fields = fields.collect();
        records.push((record.offset(), record.line(), text(record.bytes()), fields));
    })? {}
    Ok(Read {
        records,
        counters: reader.counters(),
    })
}
