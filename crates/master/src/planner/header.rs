//! The header of a table: CSV, or a table with another delimiter.

use mapreduce_core::{Column, Delimiter, FileFormat, InputFormat, JobSpec};
use mapreduce_formats::csv::{self, Grammar, HeaderScan, delimiter_within, scan_header};
use mapreduce_formats::input::{FoundFile, InputError};
use tokio::io::AsyncReadExt;

use super::columns::select;
use super::content::content;
use super::file_layout::TableLayout;

/// Header of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Format of the records after the header.
    pub(super) format: FileFormat,
    /// Length of the header with its line end, in bytes after decompression. The first record starts there.
    pub(super) len: u64,
    /// Number of lines in the header.
    pub(super) lines: u64,
    /// Delimiter that the only name of the header contains.
    pub(super) other_delimiter: Option<u8>,
}

/// Reads the header of `file` and selects columns by their names; `None` if the file is empty. If `has_header` is
/// false, the columns are c1, c2, …, and the first row is a record.
///
/// # Errors
/// The file cannot be read, its header exceeds the length limit of records or never closes a quote, or a column is missing.
pub(super) async fn read(
    file: &FoundFile,
    table: &TableLayout,
    has_header: bool,
    spec: &JobSpec,
) -> Result<Option<Header>, InputError> {
    let Some(mut header) = scan_file(file, table, spec).await? else {
        return Ok(None);
    };
    let other_delimiter = match &header.names[..] {
        [only] => delimiter_within(only, table.delimiter),
        _ => None,
    };
    if !has_header {
        header = without_names(&header);
    }
    let kind = match file.format {
        InputFormat::Tsv => "TSV",
        _ => "CSV",
    };
    let columns = select(&file.path, kind, &header.names, &table.columns)
        .map_err(|error| with_hint(error, other_delimiter))?;
    Ok(Some(Header {
        format: format(table, columns, header.names.len() as u32),
        len: header.len as u64,
        lines: header.lines,
        other_delimiter,
    }))
}

/// Adds to an error about a missing column that the header contains the delimiter `other`.
fn with_hint(mut error: InputError, other: Option<u8>) -> InputError {
    if let InputError::NoColumn { hint, .. } | InputError::ColumnNeeded { hint, .. } = &mut error
        && let Some(other) = other
    {
        let (name, shown) = (Delimiter::name(other), char::from(other));
        *hint = format!(
            "; the header seems to use {shown:?} between its columns: set --delimiter {name}"
        );
    }
    error
}

/// Returns the header of a table whose first row is a record: it has no bytes, and numbered names.
fn without_names(first: &csv::Header) -> csv::Header {
    let columns = 1..=first.names.len();
    csv::Header {
        names: columns.map(|number| format!("c{number}")).collect(),
        len: first.start,
        lines: 0,
        start: first.start,
    }
}

/// Reads as much of `file` as its header needs. A file of empty lines has a header without names.
async fn scan_file(
    file: &FoundFile,
    table: &TableLayout,
    spec: &JobSpec,
) -> Result<Option<csv::Header>, InputError> {
    let (path, limit) = (&file.path, spec.max_record);
    let grammar = Grammar::new(table.delimiter, &table.dialect);
    let unreadable = |error| InputError::unreadable(path, error);
    let long = || InputError::LongHeader {
        path: path.clone(),
        limit,
    };
    let opened = content(file, spec.max_window).await.map_err(unreadable)?;
    let mut opened = opened.take(limit.saturating_add(1));
    let mut bytes = Vec::new();
    let mut scanned = 0;
    loop {
        let read = opened.read_buf(&mut bytes).await.map_err(unreadable)?;
        let at_end = read == 0;
        let too_long = bytes.len() as u64 > limit;
        // A scan starts at the first byte. Waiting for twice the bytes keeps all scans together as short as the last.
        if !at_end && !too_long && bytes.len() < 2 * scanned {
            continue;
        }
        scanned = bytes.len();
        match scan_header(&bytes, grammar, at_end) {
            HeaderScan::Header(header) if header.len as u64 > limit => return Err(long()),
            HeaderScan::Header(header) => return Ok(Some(header)),
            HeaderScan::Incomplete if too_long => return Err(long()),
            HeaderScan::Incomplete => {}
            HeaderScan::UnclosedQuote { line } => {
                let path = path.clone();
                return Err(InputError::UnclosedQuote { path, line });
            }
            HeaderScan::LoneCr => return Err(InputError::LoneCr { path: path.clone() }),
            HeaderScan::Missing if bytes.is_empty() => return Ok(None),
            HeaderScan::Missing => return Ok(Some(csv::Header::default())),
        }
    }
}

/// Returns the format of the records: a single column of CSV has its own reader, which is the fastest.
fn format(table: &TableLayout, mut columns: Vec<Column>, width: u32) -> FileFormat {
    match (&mut columns[..], table.delimiter) {
        ([only], b',') if table.dialect.is_default() => FileFormat::Csv {
            column: only.index,
            name: std::mem::take(&mut only.name),
            width,
        },
        _ => FileFormat::Table {
            delimiter: table.delimiter,
            columns,
            width,
            dialect: table.dialect.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use mapreduce_core::Dialect;
    use mapreduce_formats::input::discover;

    use super::super::columns::ColumnSelection;
    use super::*;

    async fn header(text: &[u8], column: Option<&str>) -> Result<Header, InputError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data.csv");
        std::fs::write(&path, text).unwrap();
        let found = &discover(&[path], InputFormat::Auto, false).unwrap().files[0];
        let table = TableLayout {
            delimiter: b',',
            dialect: Dialect::default(),
            columns: ColumnSelection::Setting(column.map(str::to_owned)),
        };
        let spec = JobSpec {
            max_record: 100,
            ..JobSpec::word_count(1)
        };
        read(found, &table, true, &spec).await.map(Option::unwrap)
    }

    /// Returns the only column of the header, and its number of columns.
    fn column_and_width(header: &Header) -> (u32, u32) {
        match &header.format {
            FileFormat::Csv { column, width, .. } => (*column, *width),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_column_is_found_with_every_kind_of_line_end() {
        for text in [
            "id,text\n1,a\n",
            "id,text\r\n1,a\r\n",
            "\u{feff}id,text\n",
            "id,text",
            "id,\"text\"\r\n",
        ] {
            let found = header(text.as_bytes(), Some("text")).await.unwrap();
            assert_eq!(column_and_width(&found), (1, 2), "{text:?}");
            let end = text.find('\n').map_or(text.len(), |at| at + 1);
            assert_eq!(found.len, end as u64, "{text:?}");
        }
    }

    #[tokio::test]
    async fn a_byte_order_mark_is_not_part_of_the_first_name() {
        for text in ["\u{feff}text,id\n", "\u{feff}\"text\",id\n"] {
            let found = header(text.as_bytes(), Some("text")).await.unwrap();
            assert_eq!(column_and_width(&found), (0, 2), "{text:?}");
        }
    }

    #[tokio::test]
    async fn a_header_may_span_several_lines() {
        let found = header(b"\"a\nb\",\"x, y\"\r\n1,2\n", Some("x, y"))
            .await
            .unwrap();
        assert_eq!(
            found,
            Header {
                format: FileFormat::Csv {
                    column: 1,
                    name: "x, y".into(),
                    width: 2
                },
                len: 14,
                lines: 2,
                other_delimiter: None,
            }
        );
    }

    #[tokio::test]
    async fn the_error_for_a_missing_column_lists_the_existing_columns() {
        let error = header(b"id,author\n", Some("text"))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("\"text\"") && error.contains("\"id\", \"author\""),
            "{error}"
        );
        let error = header(b"id,author\n", None).await.unwrap_err().to_string();
        assert!(
            error.contains("input.column") && error.contains("\"id\", \"author\""),
            "{error}"
        );
    }

    #[tokio::test]
    async fn empty_lines_before_the_header_are_skipped() {
        let found = header(b"\n\r\n\nid,text\n1,a\n", Some("text"));
        let found = found.await.unwrap();
        assert_eq!(
            (column_and_width(&found).0, found.len, found.lines),
            (1, 12, 4)
        );
        let error = header(b"\r\n\n", Some("text")).await.unwrap_err();
        assert!(error.to_string().contains("no header"), "{error}");
    }

    #[tokio::test]
    async fn invalid_bytes_in_a_name_do_not_hide_the_other_columns() {
        let found = header(b"caf\xe9,text\n", Some("text")).await.unwrap();
        assert_eq!(column_and_width(&found).0, 1);
        let found = header(b"caf\xe9,text\n", Some("caf\u{fffd}")).await;
        assert_eq!(column_and_width(&found.unwrap()).0, 0);
    }

    #[tokio::test]
    async fn the_error_for_an_unclosed_quote_names_its_line() {
        for text in ["\"id,text\n1,a\n", "\u{feff}\"id,text\n1,a\n"] {
            let error = header(text.as_bytes(), Some("text")).await.unwrap_err();
            assert!(
                matches!(error, InputError::UnclosedQuote { line: 1, .. }),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_header_over_the_limit_is_refused() {
        let just = format!("{},text\n", "x".repeat(94));
        assert_eq!(just.len(), 100);
        header(just.as_bytes(), Some("text")).await.unwrap();
        for long in [format!("x{just}"), "x".repeat(101)] {
            let error = header(long.as_bytes(), Some("text")).await.unwrap_err();
            assert!(
                matches!(error, InputError::LongHeader { limit: 100, .. }),
                "{error}"
            );
        }
    }
}
