//! A blob store that is chosen at run time.

use std::time::Duration;

use bytes::Bytes;
use mapreduce_core::JobId;

use crate::blobs::{FolderBlobs, MemoryBlobs};
use crate::error::StoreResult;
use crate::redis::RedisBlobs;
use crate::traits::BlobStore;
use crate::types::{Blob, BlobId, BlobRange, Capacity};

/// One of the blob stores, chosen at run time.
#[derive(Debug, Clone)]
pub enum AnyBlobs {
    /// Blobs in the memory of this process.
    Memory(MemoryBlobs),
    /// Blobs in keys of Redis.
    Redis(RedisBlobs),
    /// Blobs in a shared folder.
    Folder(FolderBlobs),
}

/// Calls a method of the chosen store.
macro_rules! each {
    ($self:ident, $blobs:ident => $call:expr) => {
        match $self {
            Self::Memory($blobs) => $call.await,
            Self::Redis($blobs) => $call.await,
            Self::Folder($blobs) => $call.await,
        }
    };
}

impl BlobStore for AnyBlobs {
    async fn put(&self, job: &JobId, id: &BlobId, blob: &Blob) -> StoreResult<()> {
        each!(self, blobs => blobs.put(job, id, blob))
    }

    async fn read(&self, job: &JobId, ranges: &[BlobRange]) -> StoreResult<Vec<Option<Bytes>>> {
        each!(self, blobs => blobs.read(job, ranges))
    }

    async fn remove(&self, job: &JobId, ids: &[BlobId]) -> StoreResult<()> {
        each!(self, blobs => blobs.remove(job, ids))
    }

    async fn extend_lifetime(
        &self,
        job: &JobId,
        ids: &[BlobId],
        lasting: Duration,
    ) -> StoreResult<()> {
        each!(self, blobs => blobs.extend_lifetime(job, ids, lasting))
    }

    async fn capacity(&self) -> StoreResult<Option<Capacity>> {
        each!(self, blobs => blobs.capacity())
    }
}

impl From<MemoryBlobs> for AnyBlobs {
    fn from(blobs: MemoryBlobs) -> Self {
        Self::Memory(blobs)
    }
}

impl From<RedisBlobs> for AnyBlobs {
    fn from(blobs: RedisBlobs) -> Self {
        Self::Redis(blobs)
    }
}

impl From<FolderBlobs> for AnyBlobs {
    fn from(blobs: FolderBlobs) -> Self {
        Self::Folder(blobs)
    }
}
