//! A blob store that is chosen at run time.

use std::time::Duration;

use bytes::Bytes;
use mapreduce::JobId;

use super::{Blob, BlobId, BlobRange, BlobStore, FolderBlobs, MemoryBlobs, Room};
use crate::StoreResult;
use crate::redis::RedisBlobs;

/// Any of the blob stores.
#[derive(Debug, Clone)]
pub enum Blobs {
    /// In the memory of this process.
    Memory(MemoryBlobs),
    /// In keys of Redis.
    Redis(RedisBlobs),
    /// In a shared folder.
    Folder(FolderBlobs),
}

/// Calls a method of whichever store it is.
macro_rules! each {
    ($self:ident, $blobs:ident => $call:expr) => {
        match $self {
            Self::Memory($blobs) => $call.await,
            Self::Redis($blobs) => $call.await,
            Self::Folder($blobs) => $call.await,
        }
    };
}

impl BlobStore for Blobs {
    async fn put(&self, job: &JobId, id: &BlobId, blob: &Blob) -> StoreResult<()> {
        each!(self, blobs => blobs.put(job, id, blob))
    }

    async fn read(&self, job: &JobId, ranges: &[BlobRange]) -> StoreResult<Vec<Option<Bytes>>> {
        each!(self, blobs => blobs.read(job, ranges))
    }

    async fn remove(&self, job: &JobId, ids: &[BlobId]) -> StoreResult<()> {
        each!(self, blobs => blobs.remove(job, ids))
    }

    async fn keep(&self, job: &JobId, ids: &[BlobId], lasting: Duration) -> StoreResult<()> {
        each!(self, blobs => blobs.keep(job, ids, lasting))
    }

    async fn room(&self) -> StoreResult<Option<Room>> {
        each!(self, blobs => blobs.room())
    }
}

impl From<MemoryBlobs> for Blobs {
    fn from(blobs: MemoryBlobs) -> Self {
        Self::Memory(blobs)
    }
}

impl From<RedisBlobs> for Blobs {
    fn from(blobs: RedisBlobs) -> Self {
        Self::Redis(blobs)
    }
}

impl From<FolderBlobs> for Blobs {
    fn from(blobs: FolderBlobs) -> Self {
        Self::Folder(blobs)
    }
}
