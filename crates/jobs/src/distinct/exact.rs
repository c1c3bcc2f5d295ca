//! Exact counts and lists: each value is a key.

use std::collections::HashSet;

use mapreduce_core::JobError;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask};
use mapreduce_shuffle::{CombineTask, RawValues, ReduceTask, RowSink};

use super::value::value;
use crate::key::push_key;
use crate::row_cells::RowCells;

/// Greatest total size of the remembered values in bytes. A remembered value is emitted only once; the combiner removes
/// the other repetitions.
const MAX_SEEN_BYTES: usize = 16 << 20;

/// Emits each value as a key with an empty value.
pub(super) struct ValueMapper {
    columns: usize,
    buffer: Vec<u8>,
    seen: HashSet<Box<[u8]>>,
    bytes: usize,
}

impl ValueMapper {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            buffer: Vec::new(),
            seen: HashSet::new(),
            bytes: 0,
        }
    }

    /// Adds a value to `seen`. Returns `true` if it was not in there.
    fn is_new(&mut self, value: &[u8]) -> bool {
        if self.seen.contains(value) {
            return false;
        }
        if self.bytes > MAX_SEEN_BYTES {
            self.seen.clear();
            self.bytes = 0;
        }
        self.bytes += value.len() + 64;
        self.seen.insert(value.into())
    }
}

impl MapTask for ValueMapper {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let more = records.batch(|record| {
            let value = value(&record, self.columns, &mut buffer);
            if self.is_new(value) {
                out.push(value, b"");
            }
        });
        self.buffer = buffer;
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}

/// Combiner that keeps each key once.
pub(super) struct KeyDeduplicator;

impl CombineTask for KeyDeduplicator {
    fn combine(
        &mut self,
        _: &[u8],
        _: &mut dyn RawValues,
        put: &mut dyn FnMut(&[u8]),
    ) -> Result<(), JobError> {
        put(b"");
        Ok(())
    }
}

/// Counts the keys.
#[derive(Default)]
pub(super) struct KeyCounter(u64);

impl ReduceTask for KeyCounter {
    fn group(&mut self, _: &[u8], _: &mut dyn RawValues, _: &mut RowSink) -> Result<(), JobError> {
        self.0 += 1;
        Ok(())
    }

    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError> {
        let mut row = RowCells::default();
        row.push_count(self.0);
        out.push(0, b"", None, &row.0);
        Ok(())
    }
}

/// Writes each key as a row.
pub(super) struct KeyList {
    columns: usize,
    row: RowCells,
}

impl KeyList {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            row: RowCells::default(),
        }
    }
}

impl ReduceTask for KeyList {
    fn group(
        &mut self,
        key: &[u8],
        _: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        self.row.0.clear();
        push_key(key, self.columns, &mut self.row);
        out.push(0, key, None, &self.row.0);
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}
