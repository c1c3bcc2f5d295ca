//! The header of a CSV file.

use csv_async::{AsyncReaderBuilder, StringRecord, Terminator};
use mapreduce::{FoundFile, InputError};
use tokio::fs::File;

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Place of the column asked for, from 0.
    pub(super) column: u32,
    /// Number of cells.
    pub(super) width: u32,
    /// Its length with its line end, in bytes: where the records begin.
    pub(super) len: u64,
    /// Number of lines it takes.
    pub(super) lines: u64,
}

/// Reads the header of `file` and finds `column` in it, by its name.
pub(super) async fn read(file: &FoundFile, column: Option<&str>) -> Result<Header, InputError> {
    let opened = File::open(&file.path).await;
    let opened = opened.map_err(|error| InputError::unreadable(&file.path, error))?;
    // The grammar of the readers: LF ends a record, a CR before it is dropped (below), and nothing else
    // is special.
    let mut reader = AsyncReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .create_reader(opened);
    let mut cells = StringRecord::new();
    let found = reader.read_record(&mut cells).await.map_err(|error| {
        InputError::unreadable(
            &file.path,
            std::io::Error::other(format!("its header: {error}")),
        )
    })?;
    let position = reader.position();
    let names = names(&cells);
    let columns = names.join(", ");
    let path = file.path.clone();
    let Some(column) = column else {
        return Err(InputError::ColumnNeeded { path, columns });
    };
    match names.iter().position(|name| *name == column) {
        Some(place) if found => Ok(Header {
            column: place as u32,
            width: names.len() as u32,
            len: position.byte(),
            lines: position.line() - 1,
        }),
        _ => Err(InputError::NoColumn {
            path,
            column: column.to_owned(),
            columns,
        }),
    }
}

/// The cells' names without what belongs to the file: a byte-order mark, the CR of a line end.
fn names(cells: &StringRecord) -> Vec<&str> {
    let mut names: Vec<_> = cells.iter().collect();
    if let Some(first) = names.first_mut() {
        *first = first.strip_prefix('\u{feff}').unwrap_or(first);
    }
    if let Some(last) = names.last_mut() {
        *last = last.strip_suffix('\r').unwrap_or(last);
    }
    names
}

#[cfg(test)]
mod tests {
    use mapreduce::{Format, input::discover};

    use super::*;

    async fn header(text: &[u8], column: Option<&str>) -> Result<Header, InputError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data.csv");
        std::fs::write(&path, text).unwrap();
        read(&discover(&[path], Format::Auto).unwrap()[0], column).await
    }

    #[tokio::test]
    async fn the_column_is_found_whatever_ends_the_line() {
        for text in [
            "id,text\n1,a\n",
            "id,text\r\n1,a\r\n",
            "\u{feff}id,text\n",
            "id,text",
            "id,\"text\"\r\n",
        ] {
            let found = header(text.as_bytes(), Some("text")).await.unwrap();
            assert_eq!((found.column, found.width), (1, 2), "{text:?}");
            let end = text.find('\n').map_or(text.len(), |at| at + 1);
            assert_eq!(found.len, end as u64, "{text:?}");
        }
    }

    #[tokio::test]
    async fn a_byte_order_mark_is_not_part_of_the_first_name() {
        for text in ["\u{feff}text,id\n", "\u{feff}\"text\",id\n"] {
            assert_eq!(
                header(text.as_bytes(), Some("text")).await.unwrap().column,
                0,
                "{text:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_header_may_span_lines() {
        let found = header(b"\"a\nb\",\"x, y\"\r\n1,2\n", Some("x, y"))
            .await
            .unwrap();
        assert_eq!(
            found,
            Header {
                column: 1,
                width: 2,
                len: 14,
                lines: 2
            }
        );
    }

    #[tokio::test]
    async fn a_missing_column_lists_those_there_are() {
        let error = header(b"id,author\n", Some("text"))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("\"text\"") && error.contains("id, author"),
            "{error}"
        );
        let error = header(b"id,author\n", None).await.unwrap_err().to_string();
        assert!(
            error.contains("input.column") && error.contains("id, author"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_header_that_is_not_utf8_is_an_error_that_names_the_file() {
        let error = header(b"id,\xff\n", Some("text"))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("data.csv"), "{error}");
    }
}
