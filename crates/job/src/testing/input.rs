//! Input files of a trial, and their splits.

use std::io;
use std::path::Path;

use mapreduce_core::{Column, Columns, FileFormat, InputFile, JobError, Shape, Split};
use mapreduce_formats::split::{Boundary, ReadAt, cut_csv};

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
    let (format, header) = format(name, bytes, shape)?;
    let len = bytes.len() as u64;
    let size = (len - header).div_ceil(parts as u64).max(1);
    let cuts = match format {
        FileFormat::Table { .. } | FileFormat::Csv { .. } => {
            let cuts = cut_csv(&Bytes(bytes), header..len, 2, size, 1)?;
            cuts.map_err(|quote| {
                job_error(format!(
                    "{name}: line {}: a quoted cell never ends",
                    quote.line
                ))
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
    };
    let first = Boundary {
        offset: header,
        line: Some(if header > 0 { 2 } else { 1 }),
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

/// Returns the format of a file, and the offset of its first record in bytes.
fn format(name: &str, bytes: &[u8], shape: &Shape) -> Result<(FileFormat, u64), JobError> {
    if !name.ends_with(".csv") || shape.columns == Columns::Line {
        return Ok((FileFormat::Text, 0));
    }
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
    let header = String::from_utf8_lossy(&bytes[..end]);
    let names: Vec<&str> = header.trim_end().split(',').collect();
    let column = |name: &str| {
        let index = names.iter().position(|other| *other == name);
        let index = index
            .ok_or_else(|| JobError::permanent(format!("the header has no column {name:?}")))?;
        Ok(Column {
            index: index as u32,
            name: name.to_owned(),
        })
    };
    let nth = |(index, name): (usize, &&str)| Column {
        index: index as u32,
        name: (*name).to_owned(),
    };
    let columns = match &shape.columns {
        Columns::Named(wanted) => wanted
            .iter()
            .map(|name| column(name))
            .collect::<Result<_, JobError>>()?,
        // By position, because a header may repeat a name.
        Columns::All => names.iter().enumerate().map(nth).collect(),
        _ => names.iter().enumerate().map(nth).take(1).collect(),
    };
    let format = FileFormat::Table {
        delimiter: b',',
        columns,
        width: names.len() as u32,
    };
    Ok((format, end as u64))
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

/// File in memory.
struct Bytes<'a>(&'a [u8]);

impl ReadAt for Bytes<'_> {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}
