//! Values as keys.

use std::collections::HashSet;

use crate::key::write_key;
use mapreduce_core::JobError;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask};
use mapreduce_shuffle::RowSink;
use mapreduce_shuffle::{CombineTask, RawValues, ReduceTask};

use super::value::value;

/// Most bytes of values that a map task remembers, so that each is emitted once; what it forgets, the combiner finds.
const MOST: usize = 16 << 20;

/// Emits every value, with nothing.
pub(super) struct Gather {
    columns: usize,
    buffer: Vec<u8>,
    seen: HashSet<Box<[u8]>>,
    bytes: usize,
}

impl Gather {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            buffer: Vec::new(),
            seen: HashSet::new(),
            bytes: 0,
        }
    }

    /// Remembers a value, and answers whether it had to.
    fn is_new(&mut self, value: &[u8]) -> bool {
        if self.seen.contains(value) {
            return false;
        }
        if self.bytes > MOST {
            self.seen.clear();
            self.bytes = 0;
        }
        self.bytes += value.len() + 64;
        self.seen.insert(value.into())
    }
}

impl MapTask for Gather {
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

/// Leaves every value once.
pub(super) struct Forget;

impl CombineTask for Forget {
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

/// Counts the values.
#[derive(Default)]
pub(super) struct Number(u64);

impl ReduceTask for Number {
    fn group(&mut self, _: &[u8], _: &mut dyn RawValues, _: &mut RowSink) -> Result<(), JobError> {
        self.0 += 1;
        Ok(())
    }

    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError> {
        out.push(0, b"distinct", None, self.0.to_string().as_bytes());
        Ok(())
    }
}

/// Lists the values.
pub(super) struct List {
    columns: usize,
    text: Vec<u8>,
}

impl List {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            text: Vec::new(),
        }
    }
}

impl ReduceTask for List {
    fn group(
        &mut self,
        key: &[u8],
        _: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        if self.columns < 2 {
            out.push(0, key, None, b"");
            return Ok(());
        }
        self.text.clear();
        write_key(key, self.columns, &mut self.text);
        out.push(0, key, Some(&self.text), b"");
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}
