//! The reader of any format: it hands out records and counts what is unusual about them.

use std::io::Read;
use std::sync::Arc;

use mapreduce_core::{Columns, Counters, FileFormat, Record};

use super::csv::CsvReader;
use super::fields::Fields;
use super::key_value::KeyValue;
use super::ndjson::Extract;
use super::parquet::ParquetReader;
use super::selection::Selection;
use super::short::{FirstShort, Short};
use super::table::TableReader;
use super::text::TextReader;
use super::whole::WholeReader;
use super::window::Window;
use crate::read_error::ReadError;

/// How much is read at once, in bytes: two buffers of this size fit a core's second-level cache.
const BLOCK: usize = 256 << 10;

/// Reads the records of a split and counts what is odd about them.
#[derive(Debug)]
pub struct RecordReader<R> {
    layout: Layout<R>,
    /// Offset in the file of the first record.
    base: u64,
    counters: Counters,
    short: Short,
    /// Where a record with invalid UTF-8 is rewritten.
    repaired: Fields,
    /// Which records are handed out, if not all.
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
    /// Reads `input`, whose bytes are laid out as `format`, refusing records over `max_record` bytes.
    /// The first one starts `base` bytes behind the start of its file, in its line `line`, from 1; if that is not
    /// given, lines are not counted.
    ///
    /// # Panics
    /// With Parquet, which is not read from its start to its end: [`open`](super::open()) reads it.
    pub fn new(
        input: R,
        format: &FileFormat,
        max_record: u64,
        base: u64,
        line: Option<u64>,
    ) -> Self {
        Self::in_blocks(BLOCK, input, format, max_record, base, line)
    }

    /// As [`RecordReader::new`], reading so many bytes at once.
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
            } => {
                let layout = (*delimiter, &columns[..], *width);
                Layout::Table(TableReader::new(window, layout, line))
            }
            FileFormat::Ndjson { pointers } if pointers.is_empty() => Layout::Text(text(window)),
            FileFormat::Ndjson { pointers } => {
                Layout::Ndjson(text(window), Extract::new(pointers, base))
            }
            FileFormat::KeyValue { delimiter, columns } => {
                Layout::KeyValue(text(window), KeyValue::new(*delimiter, columns))
            }
            FileFormat::Whole => Layout::Whole(WholeReader::new(window, line)),
            FileFormat::Parquet { .. } => unreachable!("Parquet is no stream"),
        };
        Self::with(layout, base)
    }

    pub(super) fn with(layout: Layout<R>, base: u64) -> Self {
        Self {
            layout,
            base,
            counters: Counters::default(),
            short: Short::default(),
            repaired: Fields::default(),
            selection: None,
        }
    }

    /// Hands out records without the only column too, if the job names the columns itself.
    pub(super) fn for_columns(mut self, columns: &Columns) -> Self {
        if columns.are_the_jobs() {
            match &mut self.layout {
                Layout::Table(reader) => reader.keep_lacking(),
                Layout::Ndjson(_, json) => json.keep_lacking(),
                Layout::Parquet(reader) => reader.keep_lacking(),
                Layout::Text(_) | Layout::Csv(_) | Layout::KeyValue(..) | Layout::Whole(_) => {}
            }
        }
        self
    }

    /// From now on hands out the records of `selection` only.
    pub fn select(&mut self, selection: Arc<Selection>) {
        self.selection = Some(selection);
    }

    /// Reads on by a block and hands out the records that end in it, each valid UTF-8 without its line
    /// end; `false` behind the last one.
    pub fn batch(&mut self, each: impl FnMut(Record<'_>)) -> Result<bool, ReadError> {
        let plain = self.read_on()?;
        self.hand_out(plain, each)
    }

    /// As [`RecordReader::batch`], for records of which few are wanted: it may leave out lines in which `find` finds
    /// nothing. `find` is given many lines at once, with their ends, and answers where the first thing starts that
    /// it looks for, which must lie in a line. All records are counted.
    pub fn batch_matching(
        &mut self,
        find: impl FnMut(&[u8]) -> Option<usize>,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let plain = self.read_on()?;
        match &mut self.layout {
            Layout::Text(reader) if plain && self.selection.is_none() && reader.fits() => {
                let base = self.base;
                let (more, count) = reader.matching(find, |line| each(line.behind(base)));
                self.counters.records += count;
                Ok(more)
            }
            _ => self.hand_out(plain, each),
        }
    }

    /// Reads on by a block; answers whether all that is there now is UTF-8 without a NUL.
    fn read_on(&mut self) -> Result<bool, ReadError> {
        match &mut self.layout {
            Layout::Text(reader) => reader.read_on(),
            Layout::Csv(reader) => reader.read_on(),
            Layout::Table(reader) => reader.read_on(),
            Layout::KeyValue(reader, _) => reader.read_on(),
            Layout::Ndjson(reader, _) => reader.read_on(),
            Layout::Whole(reader) => reader.read_on(),
            Layout::Parquet(_) => Ok(false),
        }
    }

    fn hand_out(
        &mut self,
        plain: bool,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let Some(selection) = self.selection.clone() else {
            return self.hand_out_all(plain, each);
        };
        // Through a pointer: what is rare is compiled once, and the other way is not made slower.
        let only: &mut dyn FnMut(Record<'_>) = &mut |record| {
            if selection.takes(&record) {
                each(record);
            }
        };
        self.hand_out_all(plain, only)
    }

    fn hand_out_all(
        &mut self,
        plain: bool,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let Self {
            base,
            layout,
            counters,
            short,
            repaired,
            selection: _,
        } = self;
        // What comes out of JSON may hold a NUL that the line does not.
        let checked = plain && !matches!(layout, Layout::Ndjson(..));
        let mut count = 0;
        let mut odd = |record: Record<'_>| {
            count += 1;
            let record = record.behind(*base);
            if checked {
                return each(record);
            }
            let bytes = record.bytes();
            counters.nul_bytes += memchr::memchr_iter(0, bytes).count() as u64;
            if std::str::from_utf8(bytes).is_ok() {
                return each(record);
            }
            counters.invalid_utf8 += repaired.repair(bytes, record.ranges());
            each(repaired.in_place_of(&record));
        };
        let more = match layout {
            Layout::Text(reader) => reader.batch(&mut odd)?,
            Layout::Csv(reader) => reader.batch(short, &mut odd)?,
            Layout::Table(reader) => reader.batch(short, &mut odd)?,
            Layout::KeyValue(reader, fields) => reader.batch(|line| odd(fields.line(line)))?,
            Layout::Ndjson(reader, json) => {
                let more = reader.batch(|line| json.line(line, plain, short, &mut odd))?;
                counters.invalid_utf8 += std::mem::take(&mut json.invalid);
                more
            }
            Layout::Whole(reader) => reader.batch(&mut odd)?,
            Layout::Parquet(reader) => reader.batch(short, &mut odd)?,
        };
        counters.records += count;
        counters.short_records = short.records;
        Ok(more)
    }

    /// What was counted so far; `bytes` and `emitted` are not a reader's to count.
    pub fn counters(&self) -> Counters {
        let left_out = self.selection.as_ref().map_or(0, |some| some.left_out());
        Counters {
            skipped_records: left_out,
            ..self.counters.clone()
        }
    }

    /// The first record that lacks something, if there was one.
    pub fn first_short(&self) -> Option<FirstShort> {
        self.short.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_become_replacement_characters_and_are_counted() {
        let input = b"a\xffb\xe2\x82c\nfine\n\0 \0\n";
        let mut reader = RecordReader::new(&input[..], &FileFormat::Text, 100, 0, None);
        let mut records = Vec::new();
        let mut keep = |record: Record<'_>| {
            records.push(String::from_utf8(record.bytes().to_vec()).unwrap());
        };
        while reader.batch(&mut keep).unwrap() {}
        assert_eq!(records, ["a\u{fffd}b\u{fffd}c", "fine", "\0 \0"]);
        let counters = reader.counters();
        assert_eq!(
            (counters.records, counters.invalid_utf8, counters.nul_bytes),
            (3, 2, 2)
        );
    }
}
