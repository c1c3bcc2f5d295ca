//! Record readers of splits.

use std::borrow::Cow;
use std::fs::File;

use mapreduce_core::{Column, Columns, Dialect, FileFormat, JobSpec, Split};

use super::parquet::ParquetReader;
use super::record_reader::{Layout, RecordReader};
use crate::input::{self, Content};
use crate::read_error::ReadError;

/// Record reader of a file.
pub type Records<'a> = RecordReader<Content<'a>>;

/// Returns a reader of the records of `split`, a split of `file`, with the columns of the job.
///
/// If the setting `input.column` selects the only column, records without that column are skipped. If the job selects
/// its columns itself, it gets such records too. Otherwise the set of records would depend on the number of columns.
///
/// # Errors
/// The file cannot be read, or a Parquet file is damaged or not supported.
pub fn open<'a>(file: &'a File, split: &Split, spec: &JobSpec) -> Result<Records<'a>, ReadError> {
    if let FileFormat::Parquet { columns } = &split.file.format {
        let reader = ParquetReader::new(file, split.start..split.end, columns, spec.max_record)?;
        let reader = RecordReader::with(Layout::Parquet(reader), 0);
        return Ok(reader.for_columns(&spec.shape.columns));
    }
    let content = input::records(file, split, spec.max_window)?;
    let base = base_offset(split);
    let line = split.line.filter(|_| spec.shape.line_numbers);
    let format = for_columns(&split.file.format, &spec.shape.columns);
    let mut reader = RecordReader::new(content, &format, spec.max_record, base, line);
    if split.file.encoding.is_some() {
        reader = reader.repairing();
    }
    Ok(reader.for_columns(&spec.shape.columns))
}

/// Returns the format to read: a job that selects its columns gets the table format, because the reader of one column
/// cannot return absent cells.
fn for_columns<'a>(format: &'a FileFormat, columns: &Columns) -> Cow<'a, FileFormat> {
    match format {
        FileFormat::Csv {
            column,
            name,
            width,
        } if columns.are_chosen_by_job() => {
            let only = Column {
                index: *column,
                name: name.clone(),
            };
            Cow::Owned(FileFormat::Table {
                delimiter: b',',
                columns: vec![only],
                width: *width,
                dialect: Dialect::default(),
            })
        }
        _ => Cow::Borrowed(format),
    }
}

/// Returns the offset of the first record of `split` in its file; in a compressed file or one in another encoding, in
/// the decompressed and decoded content.
pub fn base_offset(split: &Split) -> u64 {
    match split.file.needs_decoding() {
        false => split.start,
        true => split.skip,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use mapreduce_core::Record;

    use super::*;

    /// Returns the first fields of the records of a file for a job with these columns, and the number of defective
    /// records.
    fn fields(text: &str, format: FileFormat, columns: Columns) -> (Vec<Option<String>>, u64) {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let len = text.len() as u64;
        let split = Split {
            file: mapreduce_core::InputFile {
                input_index: 0,
                path: String::new(),
                len,
                modified: 0,
                format,
                compression: None,
                encoding: None,
            },
            start: 0,
            end: len,
            skip: 0,
            line: None,
        };
        let mut spec = JobSpec::word_count(1);
        spec.shape.columns = columns;
        let mut reader = open(&file, &split, &spec).unwrap();
        let mut fields = Vec::new();
        let mut keep = |record: Record<'_>| {
            let field = record.field(0);
            fields.push(field.map(|field| String::from_utf8(field.to_vec()).unwrap()));
        };
        while reader.batch(&mut keep).unwrap() {}
        let counters = reader.counters();
        (fields, counters.short_records + counters.missing_values)
    }

    #[test]
    fn a_job_that_selects_its_column_gets_records_without_it() {
        let csv = FileFormat::Csv {
            column: 1,
            name: "b".into(),
            width: 2,
        };
        let pointers = vec!["/b".into()];
        let ndjson = FileFormat::Ndjson { pointers };
        let cells = |cells: &[Option<&str>]| -> Vec<_> {
            cells.iter().map(|cell| cell.map(str::to_owned)).collect()
        };
        let named = || Columns::Named(vec!["b".into()]);
        let (all, those) = (
            cells(&[Some("x"), None, Some("")]),
            cells(&[Some("x"), Some("")]),
        );
        let text = "1,x\n2\n3,\n";
        assert_eq!(fields(text, csv.clone(), named()), (all.clone(), 1));
        assert_eq!(fields(text, csv, Columns::Configured), (those.clone(), 1));
        let text = "{\"b\":\"x\"}\n{\"a\":1}\n{\"b\":\"\"}\n";
        assert_eq!(fields(text, ndjson.clone(), named()), (all, 0));
        assert_eq!(fields(text, ndjson, Columns::Configured), (those, 1));
    }
}
