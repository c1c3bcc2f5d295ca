//! Input files of a trial, and their splits.

use std::path::Path;

use mapreduce_core::column_names::find_column;
use mapreduce_core::schema::distinct_names;
use mapreduce_core::{Column, Columns, Dialect, FileFormat, InputFile, JobError, Shape, Split};
use mapreduce_formats::byte_order_mark::mark_len;
use mapreduce_formats::csv::{Header, HeaderScan, scan_header};
use mapreduce_formats::split::{Boundary, BoundaryError, cut_csv};

use super::failure::job_error;

/// Writes `bytes` to `path` and divides the file into about `parts` splits, as the planner does.
pub(super) fn splits(
    path: &Path,
    input_index: u16,
    name: &str,
    bytes: &[u8],
    parts: usize,
    shape: &Shape,
) -> Result<Vec<Split>, JobError> {
    std::fs::write(path, bytes)?;
    let modified = std::fs::metadata(path)?.modified()?;
    let modified = modified
        .duration_since(std::time::UNIX_EPOCH)
        .map_err(job_error)?;
    let (format, first) = format(name, bytes, shape)?;
    let len = bytes.len() as u64;
    let size = (len - first.offset).div_ceil(parts as u64).max(1);
    let cuts = match format {
        FileFormat::Table { .. } | FileFormat::Csv { .. } => {
            let line = first.line.unwrap_or(1);
            let cuts = cut_csv(&bytes, first.offset..len, line, size, 1);
            cuts.map_err(|error| match error {
                BoundaryError::Io(error) => job_error(error),
                BoundaryError::UnclosedQuote(quote) => unclosed_quote(name, quote.line),
            })?
        }
        _ => after_lines(bytes, size),
    };
    let file = InputFile {
        input_index,
        path: name.to_owned(),
        len,
        modified: modified.as_nanos() as u64,
        format,
        compression: None,
        encoding: None,
    };
    let starts: Vec<_> = std::iter::once(first).chain(cuts).collect();
    let ends = starts.iter().skip(1).map(|cut| cut.offset).chain([len]);
    let split = |(start, end): (&Boundary, u64)| Split {
        file: file.clone(),
        start: start.offset,
        end,
        skip: 0,
        line: start.line,
    };
    Ok(starts.iter().zip(ends).map(split).collect())
}

/// Location of the first record of a file without a header.
const START: Boundary = Boundary {
    offset: 0,
    line: Some(1),
};

/// Returns the format of a file, and the location of its first record.
fn format(name: &str, bytes: &[u8], shape: &Shape) -> Result<(FileFormat, Boundary), JobError> {
    if !name.ends_with(".csv") || shape.columns == Columns::Line {
        let first = Boundary {
            offset: mark_len(bytes) as u64,
            ..START
        };
        return Ok((FileFormat::Text, first));
    }
    let Header {
        names, len, lines, ..
    } = match scan_header(bytes, b',', true) {
        HeaderScan::Header(header) => header,
        HeaderScan::UnclosedQuote { line } => return Err(unclosed_quote(name, line)),
        HeaderScan::Missing | HeaderScan::Incomplete | HeaderScan::LoneCr => {
            return Err(job_error(format!(
                "{name}: the table has no header; add one"
            )));
        }
    };
    let column = |name: &str| {
        let index = find_column(&names, name)
            .ok_or_else(|| JobError::permanent(format!("the header has no column {name:?}")))?;
        Ok(Column {
            index: index as u32,
            name: names[index].clone(),
        })
    };
    let nth = |(index, name): (usize, &String)| Column {
        index: index as u32,
        name: name.clone(),
    };
    let columns = match &shape.columns {
        Columns::Named(wanted) => wanted
            .iter()
            .map(|name| column(name))
            .collect::<Result<_, JobError>>()?,
        // By position, because a header may repeat a name.
        Columns::All | Columns::AllOrLine => {
            let names = distinct_names(&names);
            names.iter().enumerate().map(nth).collect()
        }
        _ => names.iter().enumerate().map(nth).take(1).collect(),
    };
    let format = FileFormat::Table {
        delimiter: b',',
        columns,
        width: names.len() as u32,
        dialect: Dialect::default(),
    };
    let first = Boundary {
        offset: len as u64,
        line: Some(lines + 1),
    };
    Ok((format, first))
}

fn unclosed_quote(name: &str, line: u64) -> JobError {
    job_error(format!(
        "{name}: line {line}: a quoted cell starts here and never ends; close it with a double quote"
    ))
}

/// Returns boundaries between lines that are at least `size` bytes apart.
fn after_lines(bytes: &[u8], size: u64) -> Vec<Boundary> {
    let mut cuts = Vec::new();
    let mut last = 0;
    for (line, newline) in memchr::memchr_iter(b'\n', bytes).enumerate() {
        let offset = newline as u64 + 1;
        if offset - last >= size && offset < bytes.len() as u64 {
            let line = Some(line as u64 + 2);
            cuts.push(Boundary { offset, line });
            last = offset;
        }
    }
    cuts
}
