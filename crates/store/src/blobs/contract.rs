//! The one trait of all blob stores.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use mapreduce::JobId;

use super::{Blob, BlobId, BlobRange, Room};
use crate::StoreResult;

/// Stores immutable blobs by name.
///
/// Nothing here needs more than an object store has: whole puts, ranged gets, deletes by name, a
/// lifetime. No blob is ever changed, appended to or renamed, and none is listed: names are in the
/// manifests of commits, and only a commit makes a blob count. So a blob that is missing, short or
/// torn is no error but `None`, or fails its checksum, and its task is done again.
///
/// Every method may be called again after any error.
///
/// ```
/// use mapreduce::{JobId, TaskIndex};
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
/// assert_eq!(read[1], None, "the run ends before");
/// # Ok(())
/// # }
/// ```
pub trait BlobStore: Clone + Send + Sync + 'static {
    /// Stores a blob under its name. Once this returns, all workers see it, and it is as durable as
    /// the store is. The same name again comes with the same bytes and does no harm.
    fn put(
        &self,
        job: &JobId,
        id: &BlobId,
        blob: &Blob,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Reads ranges, in one round trip where the store can. One answer per range, in order: all of
    /// its bytes, or `None` if the blob is missing or shorter. Nobody is asked about empty ranges.
    /// All answers are in memory at once: ask for what you can hold.
    fn read(
        &self,
        job: &JobId,
        ranges: &[BlobRange],
    ) -> impl Future<Output = StoreResult<Vec<Option<Bytes>>>> + Send;

    /// Removes blobs; those that are not there are no error.
    fn remove(&self, job: &JobId, ids: &[BlobId]) -> impl Future<Output = StoreResult<()>> + Send;

    /// Lets blobs live for at least the time `lasting` from now on: blobs expire if everybody dies.
    /// Those that are not there are no error.
    fn keep(
        &self,
        job: &JobId,
        ids: &[BlobId],
        lasting: Duration,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Room for blobs; `None` if the store knows no limit.
    fn room(&self) -> impl Future<Output = StoreResult<Option<Room>>> + Send;
}
