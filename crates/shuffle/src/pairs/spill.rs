//! Pairs that an attempt keeps for itself: a blob in memory or in a local file.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;

use crate::blob::{BlobWriter, WrittenBlob};
use crate::entry::{BlobKind, Entry};
use crate::error::ShuffleError;
use crate::range_source::RangeSource;
use crate::section::Section;
use crate::spool::{Scratch, Spooled};

/// Sorted pairs, cut in partitions, that are deleted with this.
#[derive(Debug)]
pub(super) struct Spill {
    bytes: Spooled,
    kind: BlobKind,
    task: u32,
    entries: Vec<Entry>,
}

/// A spill that is being read.
#[derive(Debug)]
pub(super) struct OpenSpill<'a> {
    spill: &'a Spill,
    /// One handle for all sections: there may be many.
    file: Option<Arc<File>>,
}

/// Least bytes that a section of a spill fetches at once.
const LEAST_FETCH: usize = 8 << 10;
/// Most of them: more makes no file faster.
const MOST_FETCH: usize = 256 << 10;
/// Most spills that are read at the same time: each has a file open.
const MOST_AT_ONCE: usize = 128;
/// What reading a spill takes at least, in bytes: a fetch and a block.
const EACH: usize = 64 << 10;

/// How many spills can be read at once in so many bytes.
pub(super) fn at_once(memory: usize) -> usize {
    (memory / EACH).clamp(4, MOST_AT_ONCE)
}

/// How many bytes each of so many spills should fetch at once.
pub(super) fn fetch(memory: usize, spills: usize) -> usize {
    (memory / spills.max(1)).clamp(LEAST_FETCH, MOST_FETCH)
}

impl Spill {
    /// What `writer` wrote.
    pub(super) fn finish(writer: BlobWriter) -> Result<Self, ShuffleError> {
        let (kind, task, partitions) = writer.what();
        Self::of(writer.finish()?, kind, task, partitions)
    }

    /// A blob of `task` with so many `partitions`.
    pub(super) fn of(
        blob: WrittenBlob,
        kind: BlobKind,
        task: u32,
        partitions: u32,
    ) -> Result<Self, ShuffleError> {
        let bytes = blob.bytes;
        let index = Entry::range(0).start..Entry::range(partitions - 1).end;
        let index = bytes.source()?.read(index)?;
        let index = index.ok_or_else(|| io::Error::other("a spill lost its index"))?;
        let entry_len = index.len() / partitions as usize;
        let entry = |(partition, bytes): (u32, &[u8])| {
            Entry::read(bytes, kind, task, partition)
                .ok_or_else(|| io::Error::other("a spill lost its index"))
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

    /// The blob that it is.
    pub(super) fn into_blob(self) -> WrittenBlob {
        let records = self.entries.iter().map(|entry| entry.records).sum();
        WrittenBlob {
            bytes: self.bytes,
            records,
            sum: records,
        }
    }

    /// Number of pairs in a partition.
    pub(super) fn records(&self, partition: u32) -> u64 {
        self.entries[partition as usize].records
    }

    pub(super) fn open(&self) -> io::Result<OpenSpill<'_>> {
        let file = match &self.bytes {
            Spooled::Memory(_) => None,
            Spooled::File(path, _) => Some(Arc::new(File::open(path)?)),
        };
        Ok(OpenSpill { spill: self, file })
    }

    /// A section of its own; see [`OpenSpill::section`].
    pub(super) fn section(&self, partition: u32, fetch: usize) -> io::Result<Section> {
        Ok(self.open()?.section(partition, fetch, 0))
    }
}

impl OpenSpill<'_> {
    /// The section of `partition`, which is called `number` in errors.
    pub(super) fn section(&self, partition: u32, fetch: usize, number: usize) -> Section {
        let source: Box<dyn RangeSource + Send> = match (&self.file, &self.spill.bytes) {
            (Some(file), _) => Box::new(Shared(file.clone())),
            (None, Spooled::Memory(bytes)) => Box::new(bytes.clone()),
            (None, Spooled::File(..)) => unreachable!("files were opened"),
        };
        let entry = &self.spill.entries[partition as usize];
        let place = (self.spill.kind, self.spill.task, partition);
        Section::new(source, entry, place, fetch, number)
    }
}

/// Writes a [`Spill`], of which up to `limit` bytes stay in memory.
pub(super) fn writer(
    scratch: &Scratch,
    partitions: u32,
    compress: bool,
    limit: usize,
) -> io::Result<BlobWriter> {
    BlobWriter::new(BlobKind::PairSpill, 0, partitions, compress, limit, scratch)
}

struct Shared(Arc<File>);

impl RangeSource for Shared {
    fn read(&mut self, range: Range<u64>) -> io::Result<Option<Bytes>> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        match self.0.read_exact_at(&mut bytes, range.start) {
            Ok(()) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}
