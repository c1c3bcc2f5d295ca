//! Blobs of a job while it runs and when it is over.

use std::ops::Range;
use std::time::Duration;

use mapreduce::TaskIndex;
use store::blobs::bad_records::bad_records_id;
use store::{BlobId, BlobStore, JobRef, JobStore, StoreResult};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};

/// How many outputs are asked for at once.
const PAGE: u32 = 5000;

/// What a job may have in the store of blobs.
#[derive(Debug)]
pub(crate) struct Owned {
    /// Number of tasks in its plan.
    pub(crate) tasks: u32,
    /// Whether tasks may leave records out, and then list them.
    pub(crate) bad_records: bool,
    /// Files that came with it.
    pub(crate) files: Vec<BlobId>,
}

/// Lets what `job` has in the store live for `lasting` again and again until the answer is dropped: it expires only if
/// no master is there any more.
pub(crate) fn keep_alive<S: JobStore, B: BlobStore>(
    store: S,
    blobs: B,
    job: JobRef,
    owned: Owned,
    lasting: Duration,
) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            if let Err(error) = keep(&store, &blobs, &job, &owned, lasting).await {
                debug!(%error, "the life of runs was not renewed");
            }
            // Several times while they live: one failure does no harm.
            sleep(lasting / 4).await;
        }
    }))
}

async fn keep<S: JobStore, B: BlobStore>(
    store: &S,
    blobs: &B,
    job: &JobRef,
    owned: &Owned,
    lasting: Duration,
) -> StoreResult<()> {
    blobs.keep(&job.id, &owned.files, lasting).await?;
    for page in pages(owned.tasks) {
        let ids = stored(store, job, page, owned.bad_records).await?;
        blobs.keep(&job.id, &ids, lasting).await?;
    }
    Ok(())
}

/// Removes what the job has in the store. What is left expires.
pub(crate) async fn remove<S: JobStore, B: BlobStore>(
    store: &S,
    blobs: &B,
    job: &JobRef,
    owned: &Owned,
) {
    if let Err(error) = blobs.remove(&job.id, &owned.files).await {
        warn!(job = %job.id, %error, "files of the job are left in shuffle.store until they expire (shuffle.expire)");
    }
    for page in pages(owned.tasks) {
        let removed = match stored(store, job, page, owned.bad_records).await {
            Ok(ids) => blobs.remove(&job.id, &ids).await,
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            warn!(job = %job.id, %error, "runs are left in shuffle.store until they expire (shuffle.expire)");
            return;
        }
    }
}

fn pages(tasks: u32) -> impl Iterator<Item = Range<u32>> {
    let starts = (0..tasks).step_by(PAGE as usize);
    starts.map(move |start| start..tasks.min(start.saturating_add(PAGE)))
}

/// What these tasks stored.
async fn stored<S: JobStore>(
    store: &S,
    job: &JobRef,
    tasks: Range<u32>,
    bad_records: bool,
) -> StoreResult<Vec<BlobId>> {
    let outputs = store.outputs(job, tasks.clone()).await?;
    let ids = tasks.zip(outputs).filter_map(|(task, stored)| {
        let (task, attempt) = (TaskIndex(task), stored?.attempt);
        let list = bad_records.then(|| bad_records_id(task, &attempt));
        Some(std::iter::once(BlobId { task, attempt }).chain(list))
    });
    Ok(ids.flatten().collect())
}
