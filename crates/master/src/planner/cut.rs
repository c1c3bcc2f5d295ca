//! The splits of one file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::{NonZeroU64, NonZeroUsize};
use std::os::unix::fs::FileExt;
use std::thread::available_parallelism;

use mapreduce::split::{Boundary, ReadAt, cut_csv, cut_lines, cut_text};
use mapreduce::{FileFormat, FoundFile, InputError, InputFile, Split};
use tokio_util::sync::CancellationToken;

use super::header::Header;

/// Cuts a text every `size` bytes or, if given, every `lines` lines.
pub(super) fn text(
    file: FoundFile,
    size: u64,
    lines: Option<NonZeroU64>,
    stop: CancellationToken,
) -> Result<Vec<Split>, InputError> {
    let cuts = File::open(&file.path).and_then(|opened| {
        let mut opened = Stoppable { file: opened, stop };
        match lines {
            Some(lines) => cut_lines(&mut opened, file.len, lines.get()),
            None => cut_text(&mut opened, file.len, size),
        }
    });
    let cuts = cuts.map_err(|error| InputError::unreadable(&file.path, error))?;
    let first = Boundary {
        offset: 0,
        line: Some(1),
    };
    Ok(splits(file, FileFormat::Text, first, cuts))
}

/// Cuts a CSV file about every `size` bytes.
pub(super) fn csv(
    file: FoundFile,
    header: &Header,
    size: u64,
    stop: CancellationToken,
) -> Result<Vec<Split>, InputError> {
    let first = Boundary {
        offset: header.len,
        line: Some(header.lines + 1),
    };
    let opened = File::open(&file.path).map(|file| Stoppable { file, stop });
    let bytes = first.offset..file.len;
    let line = header.lines + 1;
    let threads = available_parallelism().map_or(1, NonZeroUsize::get);
    let cuts = opened.and_then(|opened| cut_csv(&opened, bytes, line, size, threads));
    let cuts = cuts.map_err(|error| InputError::unreadable(&file.path, error))?;
    let cuts = cuts.map_err(|quote| InputError::UnclosedQuote {
        path: file.path.clone(),
        line: quote.line,
    })?;
    Ok(splits(file, header.format(), first, cuts))
}

/// All of a compressed file; a CSV file has a `header`.
pub(super) fn whole(file: FoundFile, header: Option<&Header>) -> Vec<Split> {
    let format = header.map_or(FileFormat::Text, Header::format);
    let first = Boundary {
        offset: 0,
        line: Some(1 + header.map_or(0, |header| header.lines)),
    };
    let mut splits = splits(file, format, first, Vec::new());
    for split in &mut splits {
        split.skip = header.map_or(0, |header| header.len);
    }
    splits
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
