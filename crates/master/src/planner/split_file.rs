//! The splits of one file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::{NonZeroU64, NonZeroUsize};
use std::os::unix::fs::FileExt;
use std::thread::available_parallelism;

use mapreduce_core::{Column, FileFormat, InputFile, Split};
use mapreduce_formats::byte_order_mark::{BYTE_ORDER_MARK, mark_len};
use mapreduce_formats::csv::Grammar;
use mapreduce_formats::input::parquet_file;
use mapreduce_formats::input::{FoundFile, InputError};
use mapreduce_formats::split::{
    Boundary, BoundaryError, ReadAt, cut_groups, cut_lines, cut_table, cut_text, number_lines,
};
use tokio_util::sync::CancellationToken;

use super::columns::{ColumnSelection, select};
use super::file_start::{START_BYTES, first_record};
use super::header::Header;

/// Sizes of the splits of a file of lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct SplitSizes {
    /// Bytes per split, approximately.
    pub(super) bytes: u64,
    /// Lines per split; replaces `bytes`.
    pub(super) lines: Option<NonZeroU64>,
    /// True if each split records the number of its first line.
    pub(super) line_numbers: bool,
}

/// Splits a file whose records are lines.
pub(super) fn lines(
    file: FoundFile,
    format: FileFormat,
    sizes: SplitSizes,
    stop: CancellationToken,
) -> Result<Vec<Split>, InputError> {
    let read = File::open(&file.path).and_then(|opened| {
        let mut opened = CancellableFile { file: opened, stop };
        let start = start_of(&opened)?;
        if let Some(lines) = sizes.lines {
            return Ok((start, cut_lines(&mut opened, file.len, lines.get())?));
        }
        let mut boundaries = cut_text(&mut opened, file.len, sizes.bytes)?;
        if sizes.line_numbers {
            number_lines(&opened, &mut boundaries, threads())?;
        }
        Ok((start, boundaries))
    });
    let (start, boundaries) = read.map_err(|error| InputError::unreadable(&file.path, error))?;
    let first = Boundary {
        offset: first_record(&file.path, &start, &format)?,
        ..START
    };
    Ok(splits(file, format, first, boundaries))
}

/// Splits a table about every `size` bytes.
pub(super) fn table(
    file: FoundFile,
    grammar: Grammar,
    header: Header,
    size: u64,
    stop: CancellationToken,
) -> Result<Vec<Split>, InputError> {
    let line = header.lines + 1;
    let first = Boundary {
        offset: header.len,
        line: Some(line),
    };
    let opened = File::open(&file.path).map(|file| CancellableFile { file, stop });
    let bytes = first.offset..file.len;
    let boundaries = opened
        .map_err(BoundaryError::Io)
        .and_then(|opened| cut_table(&opened, grammar, bytes, line, size, threads()));
    let boundaries = boundaries.map_err(|error| match error {
        BoundaryError::Io(error) => InputError::unreadable(&file.path, error),
        BoundaryError::UnclosedQuote(quote) => InputError::UnclosedQuote {
            path: file.path.clone(),
            line: quote.line,
        },
    })?;
    Ok(splits(file, header.format, first, boundaries))
}

/// Splits a Parquet file between row groups, about every `size` bytes.
pub(super) fn parquet(
    file: FoundFile,
    selection: &ColumnSelection,
    size: u64,
) -> Result<Vec<Split>, InputError> {
    let described = parquet_file(&file.path)?;
    let names: Vec<_> = described.columns.iter().map(|c| c.name.clone()).collect();
    let columns = select(&file.path, "Parquet", &names, selection)?;
    let nested = |column: &&Column| described.columns[column.index as usize].nested;
    if let Some(Column { name, .. }) = columns.iter().find(nested) {
        let path = file.path;
        let what = format!(
            "the column {name:?} holds lists or structures, which cannot be read as text; name other columns with \
             input.column, or in the job's parameters"
        );
        return Err(InputError::Parquet { path, what });
    }
    let boundaries = cut_groups(&described.groups, file.len, size);
    let first = Boundary {
        offset: 0,
        line: None,
    };
    Ok(splits(
        file,
        FileFormat::Parquet { columns },
        first,
        boundaries,
    ))
}

/// Returns the only split of a file that is one record.
pub(super) fn whole(file: FoundFile) -> Result<Vec<Split>, InputError> {
    let mut start = Vec::new();
    let read = File::open(&file.path).and_then(|opened| {
        let mut mark = opened.take(BYTE_ORDER_MARK.len() as u64);
        mark.read_to_end(&mut start)
    });
    read.map_err(|error| InputError::unreadable(&file.path, error))?;
    let first = Boundary {
        offset: mark_len(&start) as u64,
        ..START
    };
    Ok(splits(file, FileFormat::Whole, first, Vec::new()))
}

/// Returns the only split of a compressed or encoded file, whose first record is at `first` in its content.
pub(super) fn encoded(file: FoundFile, format: FileFormat, first: Boundary) -> Vec<Split> {
    let start = Boundary { offset: 0, ..first };
    let mut splits = splits(file, format, start, Vec::new());
    for split in &mut splits {
        split.skip = first.offset;
    }
    splits
}

/// Reads the first bytes of `file`, up to a fixed number. Its position stays.
fn start_of(file: &CancellableFile) -> io::Result<Vec<u8>> {
    let mut start = vec![0; START_BYTES];
    let len = file.read_at(&mut start, 0)?;
    start.truncate(len);
    Ok(start)
}

/// First record of a file without a header.
pub(super) const START: Boundary = Boundary {
    offset: 0,
    line: Some(1),
};

fn threads() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get)
}

/// A file whose reads fail once `stop` is cancelled, so that an abandoned planning thread ends soon.
struct CancellableFile {
    file: File,
    stop: CancellationToken,
}

impl CancellableFile {
    fn check_cancelled(&self) -> io::Result<()> {
        if self.stop.is_cancelled() {
            return Err(io::Error::other("planning was cancelled"));
        }
        Ok(())
    }
}

impl Read for CancellableFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check_cancelled()?;
        self.file.read(into)
    }
}

impl ReadAt for CancellableFile {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.check_cancelled()?;
        loop {
            match FileExt::read_at(&self.file, into, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

impl Seek for CancellableFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Returns the splits from `first` on that these `boundaries` separate.
fn splits(
    file: FoundFile,
    format: FileFormat,
    first: Boundary,
    boundaries: Vec<Boundary>,
) -> Vec<Split> {
    let FoundFile {
        input_index,
        relative,
        len,
        modified,
        compression,
        encoding,
        ..
    } = file;
    let mut first = first;
    if first.offset >= len {
        // A table without records still has columns, which the result may need.
        if format.columns().is_empty() {
            return Vec::new();
        }
        first.offset = len;
    }
    // A file may grow while it is read. Bytes beyond the length at its discovery are not part of the job.
    let boundaries = boundaries.into_iter().filter(|cut| cut.offset < len);
    let boundaries: Vec<_> = boundaries.collect();
    let file = InputFile {
        input_index,
        path: relative,
        len,
        modified,
        format,
        compression,
        encoding,
    };
    let ends = boundaries.iter().map(|cut| cut.offset).chain([len]);
    let starts = [first].into_iter().chain(boundaries.iter().copied());
    starts
        .zip(ends)
        .map(|(start, end)| Split {
            file: file.clone(),
            start: start.offset,
            end,
            skip: 0,
            line: start.line,
        })
        .collect()
}
