//! Mappers and reducer of the job `sort`.

use mapreduce_core::JobError;
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask, TaskContext};
use mapreduce_shuffle::{RawValues, ReduceTask, RowSink};

use super::key::{RecordSource, SortKey};
use crate::table_fields::TableFields;

/// Emits each line with its key.
pub(super) struct LineMapper {
    sort_key: SortKey,
    key: Vec<u8>,
}

impl LineMapper {
    pub(super) fn new(sort_key: SortKey) -> Self {
        Self {
            sort_key,
            key: Vec::new(),
        }
    }
}

impl MapTask for LineMapper {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let Self { sort_key, key } = self;
        let more = match sort_key.record_source() {
            RecordSource::Key => records.batch(|line| out.push(line.bytes(), b"")),
            RecordSource::InvertedKey => records.batch(|line| {
                sort_key.put_line(line.bytes(), key);
                out.push(key, b"");
            }),
            RecordSource::Value => records.batch(|line| {
                sort_key.put_line(line.bytes(), key);
                out.push(key, line.bytes());
            }),
        };
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}

/// Emits each row of a table with its key.
pub(super) struct RowMapper {
    sort_key: SortKey,
    fields: TableFields,
    key: Vec<u8>,
    row: Vec<u8>,
}

impl RowMapper {
    pub(super) fn new(sort_key: SortKey, context: &TaskContext) -> Self {
        Self {
            sort_key,
            fields: TableFields::of(context),
            key: Vec::new(),
            row: Vec::new(),
        }
    }
}

impl MapTask for RowMapper {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let Self {
            sort_key,
            fields,
            key,
            row,
        } = self;
        let more = records.batch(|record| {
            sort_key.put_row(&record, fields.indexes(), key);
            row.clear();
            fields.put_row(&record, row);
            out.push(key, row);
        });
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}

/// Writes the records in the order of their keys.
pub(super) struct RecordWriter {
    source: RecordSource,
    /// True if the values are rows of a table.
    is_table: bool,
    unique: bool,
    buffer: Vec<u8>,
    line: Vec<u8>,
}

impl RecordWriter {
    pub(super) fn new(source: RecordSource, is_table: bool, unique: bool) -> Self {
        Self {
            source,
            is_table,
            unique,
            buffer: Vec::new(),
            line: Vec::new(),
        }
    }
}

impl ReduceTask for RecordWriter {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        let line = match self.source {
            RecordSource::Key => Some(key),
            RecordSource::InvertedKey => {
                SortKey::line(key, &mut self.buffer, &mut self.line);
                Some(&self.line[..])
            }
            RecordSource::Value => None,
        };
        while let Some(value) = values.next() {
            match line {
                Some(line) => out.push(0, line, None, b""),
                None if self.is_table => out.push(0, b"", None, value),
                None => out.push(0, value, None, b""),
            }
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
