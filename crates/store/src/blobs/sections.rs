//! Sections of blobs, for code that reads them on threads that may block.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use mapreduce::JobId;
use mapreduce::shuffle::{BlobKind, Entry, RangeSource};
use tokio::runtime::Handle;

use super::{BlobId, BlobRange, BlobStore};
use crate::{StoreError, StoreResult};

/// A blob that is missing, short, or not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostBlob {
    /// The blob.
    pub blob: BlobId,
    /// What is wrong with it.
    pub what: String,
}

/// A section, and the blob it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSection {
    /// The blob.
    pub blob: BlobId,
    /// Where in it.
    pub entry: Entry,
}

/// Finds the sections of `partition` in `blobs`, leaving out those without records.
///
/// # Errors
/// The inner error lists the blobs that do not tell.
pub async fn find_sections<B: BlobStore>(
    store: &B,
    job: &JobId,
    blobs: Vec<BlobId>,
    kind: BlobKind,
    partition: u32,
) -> StoreResult<Result<Vec<FoundSection>, Vec<LostBlob>>> {
    let range = |blob: &BlobId| BlobRange {
        blob: blob.clone(),
        range: Entry::range(partition),
    };
    let ranges: Vec<_> = blobs.iter().map(range).collect();
    let entries = store.read(job, &ranges).await?;
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    for (blob, bytes) in blobs.into_iter().zip(entries) {
        let entry = bytes.map(|bytes| Entry::read(&bytes, kind, blob.task.0, partition));
        match entry {
            Some(Some(entry)) if entry.records > 0 => found.push(FoundSection { blob, entry }),
            Some(Some(_)) => {}
            Some(None) => lost.push(LostBlob {
                blob,
                what: "its index is not what was written".to_owned(),
            }),
            None => lost.push(missing(&blob)),
        }
    }
    Ok(if lost.is_empty() {
        Ok(found)
    } else {
        Err(lost)
    })
}

/// Opens sections: reads all of them now if together they have at most `at_once` bytes; otherwise each is
/// read piece by piece when it is needed, which blocks.
///
/// # Errors
/// The inner error lists the blobs that are missing or short.
pub async fn open_sections<B: BlobStore>(
    store: &B,
    job: &JobId,
    found: &[FoundSection],
    at_once: u64,
) -> StoreResult<Result<Vec<Box<dyn RangeSource + Send>>, Vec<LostBlob>>> {
    let total: u64 = found.iter().map(|found| found.entry.len).sum();
    if total > at_once {
        let remote = |found: &FoundSection| -> Box<dyn RangeSource + Send> {
            Box::new(Remote {
                store: store.clone(),
                job: job.clone(),
                blob: found.blob.clone(),
                handle: Handle::current(),
            })
        };
        return Ok(Ok(found.iter().map(remote).collect()));
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
            Some(bytes) => sources.push(Box::new(Fetched { offset, bytes }) as Box<_>),
            None => lost.push(missing(&found.blob)),
        }
    }
    Ok(if lost.is_empty() {
        Ok(sources)
    } else {
        Err(lost)
    })
}

/// The store's error that one of the sources above met, if it is one.
pub fn store_error(error: &io::Error) -> Option<StoreError> {
    error.get_ref()?.downcast_ref::<StoreError>().cloned()
}

fn missing(blob: &BlobId) -> LostBlob {
    LostBlob {
        blob: blob.clone(),
        what: "it is missing or short".to_owned(),
    }
}

/// A section that was read.
struct Fetched {
    /// Where in the blob it begins.
    offset: u64,
    bytes: Bytes,
}

impl RangeSource for Fetched {
    fn read(&mut self, range: Range<u64>) -> io::Result<Option<Bytes>> {
        let Some(start) = range.start.checked_sub(self.offset) else {
            return Ok(None);
        };
        self.bytes.read(start..range.end - self.offset)
    }
}

/// A blob in its store.
struct Remote<B> {
    store: B,
    job: JobId,
    blob: BlobId,
    handle: Handle,
}

impl<B: BlobStore> RangeSource for Remote<B> {
    fn read(&mut self, range: Range<u64>) -> io::Result<Option<Bytes>> {
        let range = BlobRange {
            blob: self.blob.clone(),
            range,
        };
        let read = self.handle.block_on(self.store.read(&self.job, &[range]));
        let mut read = read.map_err(io::Error::other)?;
        Ok(read.pop().flatten())
    }
}
