//! Lines in, lines out.

use mapreduce_core::JobError;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask};
use mapreduce_shuffle::RowSink;
use mapreduce_shuffle::{RawValues, ReduceTask};

use super::key::{Sorting, Told};

/// Emits lines by their keys.
pub(super) struct Gather {
    sorting: Sorting,
    key: Vec<u8>,
}

impl Gather {
    pub(super) fn new(sorting: Sorting) -> Self {
        Self {
            sorting,
            key: Vec::new(),
        }
    }
}

impl MapTask for Gather {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let Self { sorting, key } = self;
        let more = match sorting.told() {
            Told::Line => records.batch(|line| out.push(line.bytes(), b"")),
            Told::Reverse => records.batch(|line| {
                sorting.put(line.bytes(), key);
                out.push(key, b"");
            }),
            Told::Apart => records.batch(|line| {
                sorting.put(line.bytes(), key);
                out.push(key, line.bytes());
            }),
        };
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}

/// Writes the lines as they come.
pub(super) struct Write {
    told: Told,
    unique: bool,
    buffer: Vec<u8>,
    line: Vec<u8>,
}

impl Write {
    pub(super) fn new(sorting: Sorting, unique: bool) -> Self {
        Self {
            told: sorting.told(),
            unique,
            buffer: Vec::new(),
            line: Vec::new(),
        }
    }
}

impl ReduceTask for Write {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        let line = match self.told {
            Told::Line => Some(key),
            Told::Reverse => {
                Sorting::line(key, &mut self.buffer, &mut self.line);
                Some(&self.line[..])
            }
            Told::Apart => None,
        };
        while let Some(value) = values.next() {
            out.push(0, line.unwrap_or(value), None, b"");
            if self.unique {
                break;
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}
