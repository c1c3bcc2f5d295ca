//! The blobs of a job: kept alive while it runs, and removed when it is over.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use mapreduce_core::ShippedFile;
use mapreduce_core::TaskIndex;
use store::blobs::bad_records::bad_records_id;
use store::{BlobId, BlobStore, JobRef, JobStore, StoreResult};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};

use crate::shipped_files::{ids, restore};

/// Number of outputs that are requested at once.
const PAGE: u32 = 5000;

/// Time between checks for missing files. An attempt waits five seconds for a file, so a check must come well before
/// that.
const FILE_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Blobs that a job may have in the blob store.
#[derive(Debug)]
pub(super) struct OwnedBlobs {
    /// Number of tasks in the plan.
    pub(super) tasks: u32,
    /// True if tasks may skip bad records, and store lists of them.
    pub(super) has_bad_records: bool,
    /// Files that are shipped with the job.
    pub(super) files: Vec<(ShippedFile, Bytes)>,
}

/// Extends the life of the blobs of `job` by `lasting`, again and again until the handle is dropped. They expire only
/// once the job has no master. Restores missing files, because only the master has them.
pub(super) fn keep_alive<S: JobStore, B: BlobStore>(
    store: S,
    blobs: B,
    job: JobRef,
    owned: OwnedBlobs,
    lasting: Duration,
) -> AbortOnDropHandle<()> {
    // Four extensions per lifetime, so that a single failure does no harm.
    let turn = lasting / 4;
    AbortOnDropHandle::new(tokio::spawn(async move {
        let runs = async {
            loop {
                if let Err(error) = keep(&store, &blobs, &job, &owned, lasting).await {
                    debug!(%error, "cannot extend the expiry of runs");
                }
                sleep(turn).await;
            }
        };
        let files = async {
            while !owned.files.is_empty() {
                sleep(turn.min(FILE_CHECK_INTERVAL)).await;
                match restore(&blobs, &job.id, &owned.files).await {
                    Ok(restored) if restored.is_empty() => {}
                    Ok(restored) => {
                        warn!(job = %job.id, files = ?restored, "restored files of the job that were missing from shuffle.store");
                    }
                    Err(error) => {
                        debug!(%error, "cannot check the files of the job in shuffle.store");
                    }
                }
            }
        };
        let ((), ()) = tokio::join!(runs, files);
    }))
}

async fn keep<S: JobStore, B: BlobStore>(
    store: &S,
    blobs: &B,
    job: &JobRef,
    owned: &OwnedBlobs,
    lasting: Duration,
) -> StoreResult<()> {
    blobs
        .extend_lifetime(&job.id, &ids(&owned.files), lasting)
        .await?;
    for page in pages(owned.tasks) {
        let ids = stored(store, job, page, owned.has_bad_records).await?;
        blobs.extend_lifetime(&job.id, &ids, lasting).await?;
    }
    Ok(())
}

/// Removes the blobs of the job. Blobs that cannot be removed expire.
pub(super) async fn remove<S: JobStore, B: BlobStore>(
    store: &S,
    blobs: &B,
    job: &JobRef,
    owned: &OwnedBlobs,
) {
    if let Err(error) = blobs.remove(&job.id, &ids(&owned.files)).await {
        warn!(job = %job.id, %error, "cannot remove the files of the job from shuffle.store; they expire after shuffle.expire");
    }
    for page in pages(owned.tasks) {
        let removed = match stored(store, job, page, owned.has_bad_records).await {
            Ok(ids) => blobs.remove(&job.id, &ids).await,
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            warn!(job = %job.id, %error, "cannot remove runs from shuffle.store; they expire after shuffle.expire");
            return;
        }
    }
}

fn pages(tasks: u32) -> impl Iterator<Item = Range<u32>> {
    let starts = (0..tasks).step_by(PAGE as usize);
    starts.map(move |start| start..tasks.min(start.saturating_add(PAGE)))
}

/// Returns the blobs that these tasks have stored.
async fn stored<S: JobStore>(
    store: &S,
    job: &JobRef,
    tasks: Range<u32>,
    has_bad_records: bool,
) -> StoreResult<Vec<BlobId>> {
    let outputs = store.outputs(job, tasks.clone()).await?;
    let ids = tasks.zip(outputs).filter_map(|(task, stored)| {
        let (task, attempt) = (TaskIndex(task), stored?.attempt);
        let list = has_bad_records.then(|| bad_records_id(task, &attempt));
        Some(std::iter::once(BlobId { task, attempt }).chain(list))
    });
    Ok(ids.flatten().collect())
}
