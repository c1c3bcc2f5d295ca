//! Readers of blob sections, for threads that may block.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use mapreduce_core::JobId;
use mapreduce_shuffle::{BlobKind, RangeSource, SectionEntry};
use tokio::runtime::Handle;

use crate::error::StoreError;
use crate::traits::BlobStore;
use crate::types::{BlobId, BlobRange};

/// A blob that is missing, too short or damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostBlob {
    /// The blob.
    pub blob: BlobId,
    /// The reason.
    pub what: String,
}

/// Error of finding or opening sections.
#[derive(Debug)]
pub enum SectionError {
    /// The blob store failed.
    Store(StoreError),
    /// Blobs are missing or damaged.
    Lost(Vec<LostBlob>),
}

impl From<StoreError> for SectionError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A section and the blob that contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSection {
    /// The blob.
    pub blob: BlobId,
    /// Location of the section in the blob.
    pub entry: SectionEntry,
}

/// Finds the sections of `partition` in `blobs`. Skips sections without records.
///
/// # Errors
/// The store fails, or the index of a blob is missing or damaged.
pub async fn find_sections<B: BlobStore>(
    store: &B,
    job: &JobId,
    blobs: Vec<BlobId>,
    kind: BlobKind,
    partition: u32,
) -> Result<Vec<FoundSection>, SectionError> {
    let range = |blob: &BlobId| BlobRange {
        blob: blob.clone(),
        range: SectionEntry::range(partition),
    };
    let ranges: Vec<_> = blobs.iter().map(range).collect();
    let entries = store.read(job, &ranges).await?;
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    for (blob, bytes) in blobs.into_iter().zip(entries) {
        let entry = bytes.map(|bytes| SectionEntry::read(&bytes, kind, blob.task.0, partition));
        match entry {
            Some(Some(entry)) if entry.records > 0 => found.push(FoundSection { blob, entry }),
            Some(Some(_)) => {}
            Some(None) => lost.push(LostBlob {
                blob,
                what: "its index is damaged".to_owned(),
            }),
            None => lost.push(missing(&blob)),
        }
    }
    match lost.is_empty() {
        true => Ok(found),
        false => Err(SectionError::Lost(lost)),
    }
}

/// Opens sections. If they have at most `at_once` bytes in total, all of them are read now. Otherwise each one is read
/// in pieces on demand, which blocks the reading thread.
///
/// # Errors
/// The store fails, or a blob is missing or too short.
pub async fn open_sections<B: BlobStore>(
    store: &B,
    job: &JobId,
    found: &[FoundSection],
    at_once: u64,
) -> Result<Vec<SectionSource<B>>, SectionError> {
    let lens = found.iter().map(|found| found.entry.len);
    let total = lens.fold(0, u64::saturating_add);
    if total > at_once {
        let stored = |found: &FoundSection| SectionSource::Stored {
            store: store.clone(),
            job: job.clone(),
            blob: found.blob.clone(),
            handle: Handle::current(),
        };
        return Ok(found.iter().map(stored).collect());
    }
    let range = |found: &FoundSection| BlobRange {
        blob: found.blob.clone(),
        range: found.entry.section(),
    };
    let ranges: Vec<_> = found.iter().map(range).collect();
    let read = store.read(job, &ranges).await?;
    let (mut sources, mut lost) = (Vec::new(), Vec::new());
    for (found, bytes) in found.iter().zip(read) {
        let offset = found.entry.offset;
        match bytes {
            Some(bytes) => sources.push(SectionSource::Fetched { offset, bytes }),
            None => lost.push(missing(&found.blob)),
        }
    }
    match lost.is_empty() {
        true => Ok(sources),
        false => Err(SectionError::Lost(lost)),
    }
}

/// Returns the store error inside an error of [`SectionSource`], if there is one.
pub fn store_error(error: &io::Error) -> Option<StoreError> {
    error.get_ref()?.downcast_ref::<StoreError>().cloned()
}

fn missing(blob: &BlobId) -> LostBlob {
    LostBlob {
        blob: blob.clone(),
        what: "it is missing or too short".to_owned(),
    }
}

/// Source of a section's bytes, in memory or in the store. Clones have independent positions.
#[derive(Debug, Clone)]
pub enum SectionSource<B> {
    /// A section that has been read.
    Fetched {
        /// Offset of the section in the blob.
        offset: u64,
        /// All bytes of the section.
        bytes: Bytes,
    },
    /// A section in the store, of which each piece is read on demand. Must not be used on asynchronous threads.
    Stored {
        /// The store.
        store: B,
        /// The job that the blob belongs to.
        job: JobId,
        /// The blob.
        blob: BlobId,
        /// Runtime that executes the calls of the store.
        handle: Handle,
    },
}

impl<B: BlobStore> RangeSource for SectionSource<B> {
    fn read(&mut self, range: Range<u64>) -> io::Result<Option<Bytes>> {
        match self {
            Self::Fetched { offset, bytes } => {
                let Some(start) = range.start.checked_sub(*offset) else {
                    return Ok(None);
                };
                bytes.read(start..range.end - *offset)
            }
            Self::Stored {
                store,
                job,
                blob,
                handle,
            } => {
                let blob = blob.clone();
                let read = handle.block_on(store.read(job, &[BlobRange { blob, range }]));
                let mut read = read.map_err(io::Error::other)?;
                Ok(read.pop().flatten())
            }
        }
    }
}
