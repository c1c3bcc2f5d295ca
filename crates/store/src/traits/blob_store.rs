//! Interface of the blob stores.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use mapreduce_core::JobId;

use crate::error::StoreResult;
use crate::types::{Blob, BlobId, BlobRange, Capacity};

/// A store of immutable blobs, each under a name.
///
/// The trait needs no more than an object store offers: whole puts, ranged reads, deletes by name and a lifetime. A
/// blob is never changed, appended to, renamed or listed. The manifests of commits hold the names, and only a commit
/// makes a blob count. A missing or truncated blob is therefore not an error: it reads as `None`, a damaged one fails
/// its checksum, and the task is rerun.
///
/// Every method may be retried after any error.
///
/// ```
/// use mapreduce_core::{JobId, TaskIndex};
/// use store::{BlobId, BlobRange, BlobStore, MemoryBlobs};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (blobs, job) = (MemoryBlobs::default(), JobId::new("word-count-1")?);
/// let run = BlobId { task: TaskIndex(7), attempt: "a1".to_owned() };
/// blobs.put(&job, &run, &b"apple pear"[..].to_vec().into()).await?;
///
/// let section = |range| BlobRange { blob: run.clone(), range };
/// let read = blobs.read(&job, &[section(6..10), section(6..11)]).await?;
/// assert_eq!(read[0].as_deref(), Some(&b"pear"[..]));
/// assert_eq!(read[1], None, "the run is shorter");
/// # Ok(())
/// # }
/// ```
pub trait BlobStore: Clone + Send + Sync + 'static {
    /// Stores a blob under its name.
    ///
    /// After the call returns, all workers see the blob, and it is as durable as the store. A second put of the same
    /// name must carry the same bytes and is harmless.
    fn put(
        &self,
        job: &JobId,
        id: &BlobId,
        blob: &Blob,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Reads ranges, in one round trip if the store supports this.
    ///
    /// Returns one entry for each range, in order: all bytes of the range, or `None` if the blob is missing or too
    /// short. Empty ranges need no request. All entries are in memory at once, so the caller bounds their size.
    fn read(
        &self,
        job: &JobId,
        ranges: &[BlobRange],
    ) -> impl Future<Output = StoreResult<Vec<Option<Bytes>>>> + Send;

    /// Removes blobs. Missing blobs are not an error.
    fn remove(&self, job: &JobId, ids: &[BlobId]) -> impl Future<Output = StoreResult<()>> + Send;

    /// Extends the lifetime of blobs to at least `lasting` from now. Missing blobs are not an error.
    ///
    /// Blobs expire, so they do not remain forever if the master and all workers die.
    fn extend_lifetime(
        &self,
        job: &JobId,
        ids: &[BlobId],
        lasting: Duration,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Returns the store's capacity, or `None` if it has no known limit.
    fn capacity(&self) -> impl Future<Output = StoreResult<Option<Capacity>>> + Send;
}
