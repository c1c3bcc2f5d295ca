//! Record reader for Parquet.
//!
//! A split contains the row groups that start in it. Values become text as follows:
//! - Strings and byte arrays stay unchanged.
//! - Numbers and booleans are written as in JSON, except `NaN` and `inf`.
//! - Times and decimals have their usual text form.
//! - Null is an absent field.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::{ReaderIter, TreeBuilder};
use parquet::record::{Field, Row};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type};

use super::defects::{DefectiveRecords, RecordDefect};
use super::fields::Fields;
use crate::parquet::footer::{broken, damaged, guarded, open};
use crate::read_error::ReadError;
use mapreduce_core::Column;
use mapreduce_core::Record;

/// Number of rows in a batch. Small batches let a cancelled attempt stop soon.
const ROWS: usize = 4096;

/// Record reader for the rows of some row groups.
pub(super) struct ParquetReader {
    file: SerializedFileReader<File>,
    /// Columns to read, in the order of the file.
    schema: SchemaDescPtr,
    /// Index of each selected column among the columns to read.
    positions: Vec<usize>,
    /// Remaining row groups, each with the number of its first row in the file. The next group is the last element.
    groups: Vec<(usize, u64)>,
    /// Current row group and the number of its next row.
    rows: Option<(ReaderIter, u64)>,
    limit: u64,
    fields: Fields,
    /// True if rows without the only selected column are records too.
    keeps_incomplete: bool,
}

impl ParquetReader {
    /// Creates a reader for `columns` of the row groups that start in the range `bytes` of `file`.
    pub(super) fn new(
        file: &File,
        bytes: Range<u64>,
        columns: &[Column],
        limit: u64,
    ) -> Result<Self, ReadError> {
        let (file, described) = open(file)?;
        let (mut groups, mut first) = (Vec::new(), 0);
        for (nth, group) in described.groups.iter().enumerate() {
            if bytes.contains(&group.start) {
                groups.push((nth, first));
            }
            first += group.rows;
        }
        groups.reverse();
        let mut wanted: Vec<_> = columns.iter().map(|column| column.index as usize).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let root = file.metadata().file_metadata().schema();
        let fields = wanted.iter().map(|at| root.get_fields().get(*at).cloned());
        let fields: Option<Vec<_>> = fields.collect();
        // Length and modification time equal those of the planned file, so only damage can explain a missing column.
        let fields = fields.ok_or_else(|| damaged("a planned column is missing"))?;
        let schema = Type::group_type_builder(root.name()).with_fields(fields);
        let schema = Arc::new(schema.build().map_err(broken)?);
        let position = |column: &Column| wanted.iter().position(|at| *at == column.index as usize);
        Ok(Self {
            schema: Arc::new(SchemaDescriptor::new(schema)),
            positions: columns.iter().filter_map(position).collect(),
            file,
            groups,
            rows: None,
            limit,
            fields: Fields::default(),
            keeps_incomplete: false,
        })
    }

    /// Makes rows without the only selected column records too.
    pub(super) fn keep_incomplete(&mut self) {
        self.keeps_incomplete = true;
    }

    /// Calls `each` with the next rows; returns false after the last row. Rows without the only selected column count
    /// as `defects`, unless the reader keeps them.
    pub(super) fn batch(
        &mut self,
        defects: &mut DefectiveRecords,
        each: &mut dyn FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        for _ in 0..ROWS {
            let Some((number, row)) = self.next()? else {
                return Ok(false);
            };
            self.fill(&row);
            let record = self.fields.record(number, 0);
            if record.bytes().len() as u64 > self.limit {
                let (at, limit) = (number, self.limit);
                return Err(ReadError::TooLong { at, limit });
            }
            let all_absent = record.bytes().is_empty() && self.fields.all_absent();
            if self.positions.len() == 1 && all_absent && !self.keeps_incomplete {
                defects.add(number, RecordDefect::NullValue);
                continue;
            }
            each(record);
        }
        Ok(true)
    }

    /// Returns the next row and its number.
    fn next(&mut self) -> Result<Option<(u64, Row)>, ReadError> {
        loop {
            if let Some((rows, number)) = &mut self.rows
                && let Some(row) = guarded(|| rows.next().transpose().map_err(broken))?
            {
                *number += 1;
                return Ok(Some((*number - 1, row)));
            }
            let Some((group, first)) = self.groups.pop() else {
                self.rows = None;
                return Ok(None);
            };
            let rows = guarded(|| {
                let group = self.file.get_row_group(group).map_err(broken)?;
                let builder = TreeBuilder::new();
                let rows = builder.as_iter(Arc::clone(&self.schema), &*group);
                rows.map_err(broken)
            })?;
            self.rows = Some((rows, first));
        }
    }

    fn fill(&mut self, row: &Row) {
        self.fields.clear();
        let columns: Vec<_> = row.get_column_iter().map(|(_, field)| field).collect();
        for position in &self.positions {
            match columns.get(*position) {
                None | Some(Field::Null) => self.fields.absent(),
                Some(field) => self.fields.push(|into| put(field, into)),
            }
        }
    }
}

/// Appends the text of a value to `into`.
fn put(field: &Field, into: &mut Vec<u8>) {
    let number = match field {
        Field::Str(text) => return into.extend_from_slice(text.as_bytes()),
        Field::Bytes(bytes) => return into.extend_from_slice(bytes.data()),
        Field::Float(number) if number.is_finite() => serde_json::to_vec(number),
        Field::Double(number) if number.is_finite() => serde_json::to_vec(number),
        Field::Float(number) => return show(into, number),
        Field::Double(number) => return show(into, number),
        Field::Float16(number) => serde_json::to_vec(&number.to_f32()),
        other => return show(into, other),
    };
    into.extend(number.expect("a finite number serializes as JSON"));
}

fn show(into: &mut Vec<u8>, value: &dyn fmt::Display) {
    write!(into, "{value}").expect("a write to a vector succeeds");
}

impl fmt::Debug for ParquetReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetReader")
            .field("positions", &self.positions)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use parquet::column::writer::ColumnWriter;
    use parquet::data_type::ByteArray;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use proptest::prelude::*;

    use super::*;
    use crate::input::parquet_file;
    use crate::split::cut_groups;

    const SCHEMA: &str = "message rows {
        optional binary text (UTF8);
        required int64 number;
        optional double real;
        optional boolean truth;
        optional group list (LIST) { repeated group list { optional int32 element; } }
        required int32 day (DATE);
        required binary raw;
    }";

    /// Creates a file with `groups` row groups of `rows` rows each. Row `n` has the value `n` in all columns; every
    /// third row has nulls.
    fn file(groups: u64, rows: u64) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let compressed = parquet::basic::Compression::SNAPPY;
        let properties = WriterProperties::builder().set_compression(compressed);
        let properties = Arc::new(properties.build());
        let out = file.reopen().unwrap();
        let mut writer = SerializedFileWriter::new(out, schema, properties).unwrap();
        for group in 0..groups {
            let numbers: Vec<u64> = (group * rows..(group + 1) * rows).collect();
            let there: Vec<_> = numbers.iter().filter(|n| **n % 3 > 0).copied().collect();
            let defined: Vec<i16> = numbers.iter().map(|n| i16::from(n % 3 > 0)).collect();
            let bytes = |text: String| ByteArray::from(text.into_bytes());
            let mut group = writer.next_row_group().unwrap();
            let mut nth = 0;
            while let Some(mut column) = group.next_column().unwrap() {
                match (nth, column.untyped()) {
                    (0, ColumnWriter::ByteArrayColumnWriter(column)) => {
                        let texts: Vec<_> =
                            there.iter().map(|n| bytes(format!("é\t{n}"))).collect();
                        column.write_batch(&texts, Some(&defined), None).unwrap();
                    }
                    (1, ColumnWriter::Int64ColumnWriter(column)) => {
                        let all: Vec<_> = numbers.iter().map(|n| *n as i64).collect();
                        column.write_batch(&all, None, None).unwrap();
                    }
                    (2, ColumnWriter::DoubleColumnWriter(column)) => {
                        let reals: Vec<_> = there.iter().map(|n| -(*n as f64) / 2.0).collect();
                        column.write_batch(&reals, Some(&defined), None).unwrap();
                    }
                    (3, ColumnWriter::BoolColumnWriter(column)) => {
                        let truths: Vec<_> = there.iter().map(|n| n % 2 == 0).collect();
                        column.write_batch(&truths, Some(&defined), None).unwrap();
                    }
                    (4, ColumnWriter::Int32ColumnWriter(column)) => {
                        let none = vec![0; numbers.len()];
                        column.write_batch(&[], Some(&none), Some(&none)).unwrap();
                    }
                    (5, ColumnWriter::Int32ColumnWriter(column)) => {
                        let days: Vec<_> = numbers.iter().map(|n| *n as i32).collect();
                        column.write_batch(&days, None, None).unwrap();
                    }
                    (_, ColumnWriter::ByteArrayColumnWriter(column)) => {
                        let raw = numbers
                            .iter()
                            .map(|n| ByteArray::from(vec![b'a' + (n % 26) as u8, 0xff]));
                        column
                            .write_batch(&raw.collect::<Vec<_>>(), None, None)
                            .unwrap();
                    }
                    _ => unreachable!("column {nth}"),
                }
                column.close().unwrap();
                nth += 1;
            }
            group.close().unwrap();
        }
        writer.close().unwrap();
        file
    }

    type Row = (u64, Vec<Option<String>>);

    fn columns(indexes: &[u32]) -> Vec<Column> {
        let column = |index: &u32| Column {
            index: *index,
            name: String::new(),
        };
        indexes.iter().map(column).collect()
    }

    /// Returns the rows of the row groups that start in `bytes`, and the number of defective rows.
    fn read(file: &File, bytes: Range<u64>, wanted: &[u32]) -> (Vec<Row>, u64) {
        let mut reader = ParquetReader::new(file, bytes, &columns(wanted), 1000).unwrap();
        let (mut rows, mut defects) = (Vec::new(), DefectiveRecords::default());
        let mut keep = |record: Record<'_>| {
            let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
            let fields = (0..record.field_count()).map(|at| record.field(at).map(text));
            rows.push((record.offset(), fields.collect()));
        };
        while reader.batch(&mut defects, &mut keep).unwrap() {}
        (rows, defects.count(RecordDefect::NullValue))
    }

    #[test]
    fn values_become_text_and_null_becomes_an_absent_field() {
        let file = file(2, 3);
        let described = parquet_file(file.path()).unwrap();
        let nested: Vec<_> = described
            .columns
            .iter()
            .map(|c| (&*c.name, c.nested))
            .collect();
        assert_eq!(nested[3..5], [("truth", false), ("list", true)]);
        assert_eq!(described.groups.iter().map(|g| g.rows).sum::<u64>(), 6);
        let (rows, defects) = read(file.as_file(), 0..u64::MAX, &[6, 5, 3, 2, 1, 0, 1]);
        let row = |cells: [&str; 7]| cells.map(|cell| Some(cell.to_owned())).to_vec();
        let expected = row(["f\u{fffd}", "1970-01-06", "false", "-2.5", "5", "é\t5", "5"]);
        assert_eq!((&rows[5], defects), (&(5, expected), 0));
        assert_eq!(
            rows[3].1[2..],
            [None, None, Some("3".into()), None, Some("3".into())]
        );
        let (rows, defects) = read(file.as_file(), 0..u64::MAX, &[2]);
        let numbers: Vec<_> = rows.iter().map(|(at, _)| *at).collect();
        assert_eq!((numbers, defects), (vec![1, 2, 4, 5], 2));
    }

    #[test]
    fn a_row_over_the_limit_and_a_damaged_file_are_refused() {
        let file = file(1, 3);
        let wanted = columns(&[0]);
        let mut reader = ParquetReader::new(file.as_file(), 0..u64::MAX, &wanted, 3).unwrap();
        let read = reader.batch(&mut DefectiveRecords::default(), &mut |_| ());
        assert!(
            matches!(read, Err(ReadError::TooLong { at: 1, limit: 3 })),
            "{read:?}"
        );
        let whole = std::fs::read(file.path()).unwrap();
        for cut in [0, 4, whole.len() / 2, whole.len() - 1] {
            let damaged = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(damaged.path(), &whole[..cut]).unwrap();
            let message = parquet_file(damaged.path()).unwrap_err().to_string();
            assert!(message.contains("is not a valid Parquet file"), "{message}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn splits_of_any_size_contain_each_row_once(groups in 1u64..6, rows in 1u64..20, size in 1u64..4000) {
            let file = file(groups, rows);
            let len = file.as_file().metadata().unwrap().len();
            let described = parquet_file(file.path()).unwrap();
            let cuts = cut_groups(&described.groups, len, size);
            let ends = cuts.iter().map(|cut| cut.offset).chain([len]);
            let starts = [0].into_iter().chain(cuts.iter().map(|cut| cut.offset));
            let parts = starts.zip(ends).map(|(start, end)| read(file.as_file(), start..end, &[1, 0]).0);
            let rows_of_parts = parts.collect::<Vec<_>>().concat();
            prop_assert_eq!(rows_of_parts.len() as u64, groups * rows);
            prop_assert_eq!(rows_of_parts, read(file.as_file(), 0..len, &[1, 0]).0);
        }

        #[test]
        fn a_changed_byte_never_causes_a_panic(at: prop::sample::Index, flip in 1u8..) {
            let file = file(1, 5);
            let mut bytes = std::fs::read(file.path()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            std::fs::write(file.path(), &bytes).unwrap();
            let Ok(mut reader) = ParquetReader::new(file.as_file(), 0..u64::MAX, &columns(&[0, 1]), 1000) else {
                return Ok(());
            };
            let mut count = 0;
            while count < 1000 && matches!(reader.batch(&mut DefectiveRecords::default(), &mut |_| count += 1), Ok(true)) {}
        }
    }
}
