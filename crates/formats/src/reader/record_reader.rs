//! Record reader of all formats.

use std::io::Read;
use std::sync::Arc;

use mapreduce_core::counters::MISSING;
use mapreduce_core::{Columns, Counters, FileFormat, Record};

use super::csv::CsvReader;
use super::defects::{DefectiveRecords, FirstDefect, RecordDefect};
use super::fields::{Fields, invalid_sequences};
use super::key_value::KeyValue;
use super::ndjson::Extract;
use super::parquet::ParquetReader;
use super::selection::Selection;
use super::table::TableReader;
use super::text::TextReader;
use super::whole::WholeReader;
use super::window::Window;
use crate::read_error::ReadError;

/// Size of a read, in bytes. Two buffers of this size fit the second-level cache of a core.
const BLOCK: usize = 256 << 10;

/// Reader of the records of a split. It counts records, invalid UTF-8, NUL bytes and defective records.
#[derive(Debug)]
pub struct RecordReader<R> {
    layout: Layout<R>,
    /// Offset of the first record in the file.
    base: u64,
    counters: Counters,
    defects: DefectiveRecords,
    /// Repaired text of a record with invalid UTF-8, if such records are repaired.
    repaired: Option<Fields>,
    /// Selected records; `None` selects all records.
    selection: Option<Arc<Selection>>,
}

#[derive(Debug)]
pub(super) enum Layout<R> {
    Text(TextReader<R>),
    Csv(CsvReader<R>),
    Table(TableReader<R>),
    KeyValue(TextReader<R>, KeyValue),
    Ndjson(TextReader<R>, Extract),
    Whole(WholeReader<R>),
    Parquet(ParquetReader),
}

impl<R: Read> RecordReader<R> {
    /// Creates a reader of `input` with the layout of `format`. Records over `max_record` bytes are an error.
    ///
    /// The first record starts `base` bytes into its file, in line `line`, from 1. Without a line number, the reader
    /// does not count lines.
    ///
    /// # Panics
    /// Panics for Parquet, which cannot be read as a stream. Use [`open`](super::open()) instead.
    pub fn new(
        input: R,
        format: &FileFormat,
        max_record: u64,
        base: u64,
        line: Option<u64>,
    ) -> Self {
        Self::in_blocks(BLOCK, input, format, max_record, base, line)
    }

    /// Creates a reader like [`RecordReader::new`] that reads `block` bytes at once.
    pub fn in_blocks(
        block: usize,
        input: R,
        format: &FileFormat,
        max_record: u64,
        base: u64,
        line: Option<u64>,
    ) -> Self {
        let window = Window::new(input, block, max_record);
        let text = |window| TextReader::new(window, line);
        let layout = match format {
            FileFormat::Text => Layout::Text(text(window)),
            FileFormat::Csv { column, width, .. } => {
                Layout::Csv(CsvReader::new(window, *column, *width, line))
            }
            FileFormat::Table {
                delimiter,
                columns,
                width,
                dialect,
            } => {
                let layout = (*delimiter, &columns[..], *width);
                Layout::Table(TableReader::new(window, layout, dialect, line))
            }
            FileFormat::Ndjson { pointers } if pointers.is_empty() => Layout::Text(text(window)),
            FileFormat::Ndjson { pointers } => Layout::Ndjson(text(window), Extract::new(pointers)),
            FileFormat::KeyValue { delimiter, columns } => {
                Layout::KeyValue(text(window), KeyValue::new(*delimiter, columns))
            }
            FileFormat::Whole => Layout::Whole(WholeReader::new(window, line)),
            FileFormat::Parquet { .. } => unreachable!("Parquet cannot be read as a stream"),
        };
        Self::with(layout, base)
    }

    pub(super) fn with(layout: Layout<R>, base: u64) -> Self {
        Self {
            layout,
            base,
            counters: Counters::default(),
            defects: DefectiveRecords::default(),
            repaired: None,
            selection: None,
        }
    }

    /// Replaces each invalid UTF-8 sequence by U+FFFD, for content that a decoder converted to UTF-8.
    pub(super) fn repairing(mut self) -> Self {
        self.repaired = Some(Fields::default());
        self
    }

    /// Makes records without the only selected column records too, if the job selects the columns itself.
    pub(super) fn for_columns(mut self, columns: &Columns) -> Self {
        if columns.are_chosen_by_job() {
            match &mut self.layout {
                Layout::Table(reader) => reader.keep_incomplete(),
                Layout::Ndjson(_, json) => json.keep_incomplete(),
                Layout::Parquet(reader) => reader.keep_incomplete(),
                Layout::Text(_) | Layout::Csv(_) | Layout::KeyValue(..) | Layout::Whole(_) => {}
            }
        }
        self
    }

    /// Restricts the following batches to the records of `selection`.
    pub fn select(&mut self, selection: Arc<Selection>) {
        self.selection = Some(selection);
    }

    /// Reads the next block and calls `each` with the records that end in it; returns false after the last record.
    ///
    /// Records exclude their line end. Those with invalid UTF-8 are marked ([`Record::has_invalid_utf8`]).
    ///
    /// # Errors
    /// The input cannot be read, or a record is invalid or too long.
    pub fn batch(&mut self, each: impl FnMut(Record<'_>)) -> Result<bool, ReadError> {
        let plain = self.read_block()?;
        self.emit_selected(plain, each)
    }

    /// Reads a batch like [`RecordReader::batch`], but may skip lines without a match.
    ///
    /// `find` searches many lines at once, including their line ends. It returns the start of the first match, which
    /// must lie inside a line. The counters include all records. A search over whole blocks is much faster than one per
    /// record.
    ///
    /// # Errors
    /// The input cannot be read, or a record is invalid or too long.
    pub fn batch_matching(
        &mut self,
        find: impl FnMut(&[u8]) -> Option<usize>,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let plain = self.read_block()?;
        match &mut self.layout {
            Layout::Text(reader) if plain && self.selection.is_none() && reader.fits() => {
                let base = self.base;
                let (more, count) = reader.matching(find, |line| each(line.with_base_offset(base)));
                self.counters.records += count;
                Ok(more)
            }
            _ => self.emit_selected(plain, each),
        }
    }

    /// Reads the next block. Returns true if all bytes of the window are UTF-8 without NUL.
    fn read_block(&mut self) -> Result<bool, ReadError> {
        match &mut self.layout {
            Layout::Text(reader) => reader.read_block(),
            Layout::Csv(reader) => reader.read_block(),
            Layout::Table(reader) => reader.read_block(),
            Layout::KeyValue(reader, _) => reader.read_block(),
            Layout::Ndjson(reader, _) => reader.read_block(),
            Layout::Whole(reader) => reader.read_block(),
            Layout::Parquet(_) => Ok(false),
        }
    }

    fn emit_selected(
        &mut self,
        plain: bool,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let Some(selection) = self.selection.clone() else {
            return self.emit_all(plain, each);
        };
        // Selections are rare. The call through a pointer compiles this path once and keeps the common path fast.
        let only: &mut dyn FnMut(Record<'_>) = &mut |record| {
            if selection.accepts(&record) {
                each(record);
            }
        };
        self.emit_all(plain, only)
    }

    fn emit_all(
        &mut self,
        plain: bool,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let Self {
            base,
            layout,
            counters,
            defects,
            repaired,
            selection: _,
        } = self;
        // An escape in JSON may produce a NUL that the line does not contain, so NDJSON is always checked again.
        let checked = plain && !matches!(layout, Layout::Ndjson(..));
        let mut count = 0;
        let mut invalid = Vec::new();
        let mut emit = |record: Record<'_>| {
            count += 1;
            let record = record.with_base_offset(*base);
            if checked {
                return each(record);
            }
            let bytes = record.bytes();
            counters.nul_bytes += memchr::memchr_iter(0, bytes).count() as u64;
            if std::str::from_utf8(bytes).is_ok() {
                return each(record);
            }
            invalid.push(record.offset() - *base);
            if let Some(repaired) = repaired {
                counters.invalid_utf8 += repaired.repair(bytes, record.field_ranges());
                return each(repaired.in_place_of(&record));
            }
            counters.invalid_utf8 += invalid_sequences(bytes);
            each(record.with_invalid_utf8());
        };
        let more = match layout {
            Layout::Text(reader) => reader.batch(&mut emit)?,
            Layout::Csv(reader) => reader.batch(defects, &mut emit)?,
            Layout::Table(reader) => reader.batch(defects, &mut emit)?,
            Layout::KeyValue(reader, fields) => reader.batch(|line| emit(fields.line(line)))?,
            Layout::Ndjson(reader, json) => {
                let more = reader.batch(|line| json.line(line, plain, defects, &mut emit))?;
                counters.invalid_utf8 += std::mem::take(&mut json.invalid);
                more
            }
            Layout::Whole(reader) => reader.batch(&mut emit)?,
            Layout::Parquet(reader) => reader.batch(defects, &mut emit)?,
        };
        counters.records += count;
        for at in invalid {
            defects.add(at, RecordDefect::InvalidUtf8);
        }
        defects.put_into(counters);
        Ok(more)
    }

    /// Returns the counters so far. The reader does not set `bytes` and `emitted`.
    pub fn counters(&self) -> Counters {
        let skipped = self.selection.as_ref().map_or(0, |some| some.skipped());
        let mut counters = Counters {
            skipped_records: skipped,
            ..self.counters.clone()
        };
        if let Layout::Ndjson(_, json) = &self.layout {
            for (pointer, missing) in json.missing().iter().filter(|(_, missing)| *missing > 0) {
                let name = format!("{MISSING}{pointer}");
                counters.custom.insert(name, *missing);
            }
        }
        counters
    }

    /// Returns the first record with each defect that occurs, in the order of the file.
    pub fn first_defects(&self) -> Vec<FirstDefect> {
        let mut first: Vec<_> = self.defects.first().collect();
        first.sort_by_key(|first| first.at);
        first
    }

    /// Returns true if a record was defective.
    pub fn has_defects(&self) -> bool {
        self.defects.first().next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_with_invalid_utf8_stay_as_they_are_and_are_counted() {
        let input = b"a\xffb\xe2\x82c\nfine\n\0 \0\n";
        for repairing in [false, true] {
            let mut reader = RecordReader::new(&input[..], &FileFormat::Text, 100, 0, None);
            if repairing {
                reader = reader.repairing();
            }
            let mut records = Vec::new();
            let mut keep = |record: Record<'_>| {
                records.push((record.bytes().to_vec(), record.has_invalid_utf8()));
            };
            while reader.batch(&mut keep).unwrap() {}
            let first = match repairing {
                true => ("a\u{fffd}b\u{fffd}c".into(), false),
                false => (b"a\xffb\xe2\x82c".to_vec(), true),
            };
            let others = [(b"fine".to_vec(), false), (b"\0 \0".to_vec(), false)];
            assert_eq!(records, [&[first][..], &others].concat());
            let counters = reader.counters();
            assert_eq!(
                (counters.records, counters.invalid_utf8, counters.nul_bytes),
                (3, 2, 2)
            );
        }
    }
}
