//! The splits of one file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::{NonZeroU64, NonZeroUsize};
use std::os::unix::fs::FileExt;
use std::thread::available_parallelism;

use mapreduce::input::parquet_file;
use mapreduce::split::{
    Boundary, ReadAt, cut_groups, cut_lines, cut_table, cut_text, number_lines,
};
use mapreduce::{Column, FileFormat, FoundFile, InputError, InputFile, Split};
use tokio_util::sync::CancellationToken;

use super::columns::{Wanted, select};
use super::header::Header;

/// How lines are cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// About every so many bytes.
    pub(super) bytes: u64,
    /// If given, instead: every so many lines.
    pub(super) lines: Option<NonZeroU64>,
    /// Whether all splits are to know their lines.
    pub(super) numbered: bool,
}

/// Cuts a file whose records are lines.
pub(super) fn lines(
    file: FoundFile,
    format: FileFormat,
    sizes: Sizes,
    stop: CancellationToken,
) -> Result<Vec<Split>, InputError> {
    let cuts = File::open(&file.path).and_then(|opened| {
        let mut opened = Stoppable { file: opened, stop };
        if let Some(lines) = sizes.lines {
            return cut_lines(&mut opened, file.len, lines.get());
        }
        let mut cuts = cut_text(&mut opened, file.len, sizes.bytes)?;
        if sizes.numbered {
            number_lines(&opened, &mut cuts, threads())?;
        }
        Ok(cuts)
    });
    let cuts = cuts.map_err(|error| InputError::unreadable(&file.path, error))?;
    Ok(splits(file, format, FIRST, cuts))
}

/// Cuts a table about every `size` bytes.
pub(super) fn table(
    file: FoundFile,
    delimiter: u8,
    header: Header,
    size: u64,
    stop: CancellationToken,
) -> Result<Vec<Split>, InputError> {
    let line = header.lines + 1;
    let first = Boundary {
        offset: header.len,
        line: Some(line),
    };
    let opened = File::open(&file.path).map(|file| Stoppable { file, stop });
    let bytes = first.offset..file.len;
    let cuts =
        opened.and_then(|opened| cut_table(&opened, delimiter, bytes, line, size, threads()));
    let cuts = cuts.map_err(|error| InputError::unreadable(&file.path, error))?;
    let cuts = cuts.map_err(|quote| InputError::UnclosedQuote {
        path: file.path.clone(),
        line: quote.line,
    })?;
    Ok(splits(file, header.format, first, cuts))
}

/// Cuts a Parquet file between row groups, about every `size` bytes.
pub(super) fn parquet(
    file: FoundFile,
    wanted: &Wanted,
    size: u64,
) -> Result<Vec<Split>, InputError> {
    let described = parquet_file(&file.path)?;
    let names: Vec<_> = described.columns.iter().map(|c| c.name.clone()).collect();
    let columns = select(&file.path, "Parquet", &names, wanted)?;
    let nested = |column: &&Column| described.columns[column.index as usize].nested;
    if let Some(Column { name, .. }) = columns.iter().find(nested) {
        let path = file.path;
        let what = format!(
            "the column {name:?} holds lists or structures, which are no text; name other columns with input.column, or in the job's parameters"
        );
        return Err(InputError::Parquet { path, what });
    }
    let cuts = cut_groups(&described.groups, file.len, size);
    let first = Boundary {
        offset: 0,
        line: None,
    };
    Ok(splits(file, FileFormat::Parquet { columns }, first, cuts))
}

/// All of a file that cannot be cut.
pub(super) fn whole(file: FoundFile, format: FileFormat) -> Vec<Split> {
    splits(file, format, FIRST, Vec::new())
}

/// All of a compressed table.
pub(super) fn whole_table(file: FoundFile, header: Header) -> Vec<Split> {
    let first = Boundary {
        offset: 0,
        line: Some(1 + header.lines),
    };
    let mut splits = splits(file, header.format, first, Vec::new());
    for split in &mut splits {
        split.skip = header.len;
    }
    splits
}

/// Where a file without a header starts.
const FIRST: Boundary = Boundary {
    offset: 0,
    line: Some(1),
};

fn threads() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get)
}

/// A file that cannot be read on once `stop` is cancelled.
struct Stoppable {
    file: File,
    stop: CancellationToken,
}

impl Stoppable {
    fn go_on(&self) -> io::Result<()> {
        if self.stop.is_cancelled() {
            return Err(io::Error::other("planning was given up"));
        }
        Ok(())
    }
}

impl Read for Stoppable {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.go_on()?;
        self.file.read(into)
    }
}

impl ReadAt for Stoppable {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.go_on()?;
        loop {
            match FileExt::read_at(&self.file, into, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

impl Seek for Stoppable {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

fn splits(file: FoundFile, format: FileFormat, first: Boundary, cuts: Vec<Boundary>) -> Vec<Split> {
    let FoundFile {
        root,
        relative,
        len,
        modified,
        compression,
        ..
    } = file;
    if first.offset >= len {
        return Vec::new();
    }
    // A file that grows while it is read: what is behind its length is not part of the job.
    let cuts = cuts.into_iter().filter(|cut| cut.offset < len);
    let cuts: Vec<_> = cuts.collect();
    let file = InputFile {
        root,
        path: relative,
        len,
        modified,
        format,
        compression,
    };
    let ends = cuts.iter().map(|cut| cut.offset).chain([len]);
    let starts = [first].into_iter().chain(cuts.iter().copied());
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
