//! Mapper and reducer of the job `sort`.

use mapreduce_core::JobError;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask};
use mapreduce_shuffle::{RawValues, ReduceTask, RowSink};

use super::key::{LineSource, SortKey};

/// Emits each line with its key.
pub(super) struct KeyMapper {
    sort_key: SortKey,
    key: Vec<u8>,
}

impl KeyMapper {
    pub(super) fn new(sort_key: SortKey) -> Self {
        Self {
            sort_key,
            key: Vec::new(),
        }
    }
}

impl MapTask for KeyMapper {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let Self { sort_key, key } = self;
        let more = match sort_key.line_source() {
            LineSource::Key => records.batch(|line| out.push(line.bytes(), b"")),
            LineSource::InvertedKey => records.batch(|line| {
                sort_key.put(line.bytes(), key);
                out.push(key, b"");
            }),
            LineSource::Value => records.batch(|line| {
                sort_key.put(line.bytes(), key);
                out.push(key, line.bytes());
            }),
        };
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}

/// Writes the lines in the order of their keys.
pub(super) struct LineWriter {
    line_source: LineSource,
    unique: bool,
    buffer: Vec<u8>,
    line: Vec<u8>,
}

impl LineWriter {
    pub(super) fn new(sort_key: SortKey, unique: bool) -> Self {
        Self {
            line_source: sort_key.line_source(),
            unique,
            buffer: Vec::new(),
            line: Vec::new(),
        }
    }
}

impl ReduceTask for LineWriter {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        let line = match self.line_source {
            LineSource::Key => Some(key),
            LineSource::InvertedKey => {
                SortKey::line(key, &mut self.buffer, &mut self.line);
                Some(&self.line[..])
            }
            LineSource::Value => None,
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
