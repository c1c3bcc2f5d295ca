//! Reading records out of memory.

use std::io;

use mapreduce_core::{Counters, FileFormat};
use mapreduce_formats::reader::{ReadError, RecordReader};

/// Bytes at once, few: memory for more, made anew for each input, takes longer than all else.
const BLOCK: usize = 1 << 10;

/// Reads a few bytes at once, as pipes do.
pub(super) struct Slow<'a>(pub(super) &'a [u8], pub(super) usize);

impl io::Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.1);
        self.0.read(&mut into[..most])
    }
}

/// A record: its offset and line, its text, its fields.
pub(super) type Kept = (u64, Option<u64>, String, Vec<Option<String>>);

/// What a reader gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) records: Vec<Kept>,
    pub(super) counters: Counters,
}

/// All records of `input`, which starts `base` bytes behind the start of its file, in its line `line`.
pub(super) fn read(
    input: impl io::Read,
    format: &FileFormat,
    base: u64,
    line: Option<u64>,
) -> Result<Read, ReadError> {
    let mut reader = RecordReader::in_blocks(BLOCK, input, format, 1 << 20, base, line);
    let mut records = Vec::new();
    let text = |bytes: &[u8]| str::from_utf8(bytes).expect("records are UTF-8").to_owned();
    while reader.batch(|record| {
        let fields = (0..record.fields()).map(|at| record.field(at).map(text));
        let fields = fields.collect();
        records.push((record.offset(), record.line(), text(record.bytes()), fields));
    })? {}
    Ok(Read {
        records,
        counters: reader.counters(),
    })
}
