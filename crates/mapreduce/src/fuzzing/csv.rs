//! The planner's boundary scan against the reader.

use std::io::{self, Read};

use crate::reader::{ReadError, RecordReader};
use crate::split::{CsvScan, ReadAt, cut_in_chunks};
use crate::{Counters, FileFormat};

/// The planner's cuts of a CSV file: the same however it is scanned, and the records between them are those
/// of the whole.
///
/// # Panics
/// If not.
pub fn csv(input: &[u8]) {
    let Some((setup, text)) = input.split_first_chunk::<4>() else {
        return;
    };
    let [block, size, chunk, column] = setup.map(|byte| 1 + usize::from(byte) % 32);
    let mut scan = CsvScan::new(0, 1, size as u64);
    text.chunks(block).for_each(|block| scan.feed(block));
    let cuts = scan.finish();
    let bytes = 0..text.len() as u64;
    let in_chunks = cut_in_chunks(&Memory(text), bytes, 1, size as u64, chunk as u64, 1);
    assert_eq!(in_chunks.expect("memory can be read"), cuts);

    let format = FileFormat::Csv {
        column: column as u32 % 3,
        width: 3,
    };
    let whole = records(text, block, &format);
    let Ok(cuts) = cuts else {
        assert!(matches!(whole, Err(ReadError::UnclosedQuote { .. })));
        return;
    };
    let ends = cuts.iter().map(|cut| cut.offset as usize);
    let starts = [0].into_iter().chain(ends.clone());
    let mut all = (Vec::new(), Counters::default());
    for (start, end) in starts.zip(ends.chain([text.len()])) {
        assert!(start < end || text.is_empty());
        let part = records(&text[start..end], block, &format);
        let (records, counters) = part.expect("a part of what is whole can be read");
        all.0.extend(records);
        all.1 += counters;
    }
    assert_eq!(whole.expect("no quote is open"), all);
}

/// A file in memory.
struct Memory<'a>(&'a [u8]);

impl ReadAt for Memory<'_> {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut rest = self.0.get(offset as usize..).unwrap_or_default();
        rest.read(into)
    }
}

/// Reads a few bytes at once, as pipes do.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.1);
        self.0.read(&mut into[..most])
    }
}

type Records = (Vec<Vec<u8>>, Counters);

fn records(text: &[u8], block: usize, format: &FileFormat) -> Result<Records, ReadError> {
    let mut reader = RecordReader::new(Slow(text, block), format, 1 << 20, 0);
    let mut records = Vec::new();
    while reader.batch(|record| records.push(record.bytes().to_vec()))? {}
    Ok((records, reader.counters()))
}
