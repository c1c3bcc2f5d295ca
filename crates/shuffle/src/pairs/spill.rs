//! Temporary pairs of an attempt, in memory or in a local file.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;

use crate::blob::{BlobWriter, WrittenBlob};
use crate::entry::{BlobKind, SectionEntry};
use crate::error::ShuffleError;
use crate::range_source::RangeSource;
use crate::section::Section;
use crate::spool::{Scratch, Spooled};

/// Sorted pairs in a temporary blob with a section for each partition. Dropping the spill deletes its file.
#[derive(Debug)]
pub(super) struct Spill {
    bytes: Spooled,
    kind: BlobKind,
    task: u32,
    entries: Vec<SectionEntry>,
}

/// Spill that is open for reading.
#[derive(Debug)]
pub(super) struct OpenSpill<'a> {
    spill: &'a Spill,
    /// File handle that all sections share, because there may be many.
    file: Option<Arc<File>>,
}

/// Minimum size of a fetch from a spill, in bytes.
const MIN_FETCH: usize = 8 << 10;
/// Maximum size of a fetch from a spill, in bytes. Larger reads of a file are not faster.
const MAX_FETCH: usize = 256 << 10;
/// Maximum number of spills that are read at the same time. Each needs a file descriptor.
const MAX_OPEN: usize = 128;
/// Minimum memory for reading a spill, in bytes: one fetch and one block.
const MIN_MEMORY: usize = 64 << 10;

/// Returns the number of spills that can be read at the same time with `memory` bytes.
pub(super) fn max_open(memory: usize) -> usize {
    (memory / MIN_MEMORY).clamp(4, MAX_OPEN)
}

/// Returns the size of a fetch, in bytes, if `spills` spills share `memory` bytes.
pub(super) fn fetch(memory: usize, spills: usize) -> usize {
    (memory / spills.max(1)).clamp(MIN_FETCH, MAX_FETCH)
}

impl Spill {
    /// Finishes the blob of `writer` as a spill.
    pub(super) fn finish(writer: BlobWriter) -> Result<Self, ShuffleError> {
        let (kind, task, partitions) = writer.identity();
        Self::of(writer.finish()?, kind, task, partitions)
    }

    /// Reads the index of a blob of `task` with `partitions` partitions.
    pub(super) fn of(
        blob: WrittenBlob,
        kind: BlobKind,
        task: u32,
        partitions: u32,
    ) -> Result<Self, ShuffleError> {
        let bytes = blob.bytes;
        let index = SectionEntry::range(0).start..SectionEntry::range(partitions - 1).end;
        let index = bytes.source()?.read(index)?;
        let index = index.ok_or_else(damaged_index)?;
        let entry_len = index.len() / partitions as usize;
        let entry = |(partition, bytes): (u32, &[u8])| {
            SectionEntry::read(bytes, kind, task, partition).ok_or_else(damaged_index)
        };
        let entries = (0..).zip(index.chunks(entry_len)).map(entry);
        let entries = entries.collect::<io::Result<_>>()?;
        Ok(Self {
            bytes,
            kind,
            task,
            entries,
        })
    }

    /// Returns the blob.
    pub(super) fn into_blob(self) -> WrittenBlob {
        let records = self.entries.iter().map(|entry| entry.records).sum();
        WrittenBlob {
            bytes: self.bytes,
            records,
            sum: records,
        }
    }

    /// Returns the number of pairs in a partition.
    pub(super) fn records(&self, partition: u32) -> u64 {
        self.entries[partition as usize].records
    }

    /// Opens the spill for reading.
    pub(super) fn open(&self) -> io::Result<OpenSpill<'_>> {
        let file = match &self.bytes {
            Spooled::Memory(_) => None,
            Spooled::File(path, _) => Some(Arc::new(File::open(path)?)),
        };
        Ok(OpenSpill { spill: self, file })
    }

    /// Opens the spill and returns one section. Use [`OpenSpill::section`] to read several.
    pub(super) fn section(&self, partition: u32, fetch: usize) -> io::Result<Section> {
        Ok(self.open()?.section(partition, fetch, 0))
    }
}

impl OpenSpill<'_> {
    /// Returns the section of `partition`. Errors identify the section by `number`.
    pub(super) fn section(&self, partition: u32, fetch: usize, number: usize) -> Section {
        let source: Box<dyn RangeSource + Send> = match (&self.file, &self.spill.bytes) {
            (Some(file), _) => Box::new(SharedFile(file.clone())),
            (None, Spooled::Memory(bytes)) => Box::new(bytes.clone()),
            (None, Spooled::File(..)) => unreachable!("`Spill::open` opens every file"),
        };
        let entry = &self.spill.entries[partition as usize];
        let location = (self.spill.kind, self.spill.task, partition);
        Section::new(source, entry, location, fetch, number)
    }
}

/// Creates the writer of a [`Spill`]. Up to `limit` bytes stay in memory.
pub(super) fn writer(
    scratch: &Scratch,
    partitions: u32,
    compress: bool,
    limit: usize,
) -> io::Result<BlobWriter> {
    BlobWriter::new(BlobKind::PairSpill, 0, partitions, compress, limit, scratch)
}

fn damaged_index() -> io::Error {
    io::Error::other("the index of a local spill file is damaged")
}

/// File that several sections read.
struct SharedFile(Arc<File>);

impl RangeSource for SharedFile {
    fn read(&mut self, range: Range<u64>) -> io::Result<Option<Bytes>> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        match self.0.read_exact_at(&mut bytes, range.start) {
            Ok(()) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}
