//! `mapreduce show`: the first rows of a result, in columns.

use std::io;
use std::path::Path;
use std::process::ExitCode;

// csv-async reads rows as their bytes arrive, from a disk or over a network.
use csv_async::{AsyncReaderBuilder, StringRecord};
use futures::TryStreamExt;
use mapreduce_core::{OutputFormat, OutputName};
use settings::Exit;
use tokio::fs::File;

use crate::output::print_line;

/// Maximum printed length of a cell, in characters.
const MAX_CELL: usize = 40;

/// Prints the first `rows` rows of the CSV or TSV file at `path`, and its header.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn show(path: &Path, rows: usize) -> ExitCode {
    let name = path.to_string_lossy();
    let OutputName {
        format,
        compression,
        ..
    } = OutputName::of(path);
    let delimiter = match (format, compression) {
        (Some(OutputFormat::Csv), None) => b',',
        (Some(OutputFormat::Tsv), None) => b'\t',
        _ => {
            let message = format!(
                "{name}: the name ends neither with .csv nor with .tsv; name a table of one of these formats"
            );
            return settings::fail(Exit::BadSettings, &message);
        }
    };
    match read(path, delimiter, rows.saturating_add(1)).await {
        Ok(rows) => {
            aligned(&rows).iter().for_each(|line| print_line(line));
            Exit::Done.into()
        }
        Err(error) => {
            let message =
                format!("{name}: cannot be read: {error}; name an existing table in UTF-8");
            settings::fail(Exit::NoInput, &message)
        }
    }
}

/// Reads at most `rows` rows, which may differ in their number of cells.
async fn read(path: &Path, delimiter: u8, rows: usize) -> io::Result<Vec<Vec<String>>> {
    let file = File::open(path).await?;
    // Quotes have no meaning in TSV: the writer escapes tabs and line breaks with backslashes.
    let mut reader = AsyncReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(delimiter == b',')
        .create_reader(file);
    let mut records = reader.records();
    let mut read = Vec::new();
    while read.len() < rows
        && let Some(record) = records.try_next().await.map_err(io::Error::from)?
    {
        read.push(cells(&record));
    }
    Ok(read)
}

fn cells(record: &StringRecord) -> Vec<String> {
    record.iter().map(printable).collect()
}

/// Escapes control characters of a cell, so that it cannot control the terminal, and cuts off what exceeds
/// [`MAX_CELL`].
fn printable(cell: &str) -> String {
    let mut text = String::new();
    for (nth, character) in cell.chars().enumerate() {
        if nth == MAX_CELL {
            text.push('…');
            break;
        }
        match character.is_control() {
            true => text.extend(character.escape_default()),
            false => text.push(character),
        }
    }
    text
}

/// Returns the rows as lines, with each column as wide as its longest cell.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let padded = cells.map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shown(name: &str, text: &str, rows: usize) -> io::Result<Vec<String>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        let delimiter = if name.ends_with(".tsv") { b'\t' } else { b',' };
        Ok(aligned(&read(&path, delimiter, rows).await?))
    }

    #[tokio::test]
    async fn columns_are_as_wide_as_their_longest_cell() {
        let lines = shown("a.csv", "word,count\n\"a, b\",12\nlonger,1\n", 3).await;
        assert_eq!(lines.unwrap(), ["word    count", "a, b    12", "longer  1"]);
        let lines = shown("a.tsv", "\"a\tb\nc\td\te\n", 9).await;
        assert_eq!(lines.unwrap(), ["\"a  b", "c   d  e"]);
    }

    #[tokio::test]
    async fn rows_after_the_requested_ones_are_not_read() {
        let lines = shown("a.csv", "a\nb\n\u{1}\n", 2).await;
        assert_eq!(lines.unwrap(), ["a", "b"]);
        assert!(shown("a.csv", "", 2).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn hostile_cells_are_escaped_and_long_cells_are_cut() {
        let text = format!("\"\u{1b}[2J\",\"x\ny\",{}\n", "é".repeat(50));
        let lines = shown("a.csv", &text, 2).await.unwrap();
        let expected = format!("\\u{{1b}}[2J  x\\ny  {}…", "é".repeat(40));
        assert_eq!(lines, [expected]);
    }
}
