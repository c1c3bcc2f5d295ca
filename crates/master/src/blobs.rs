//! Blobs of a job while it runs and when it is over.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use mapreduce::TaskIndex;
use mapreduce::job::ShippedFile;
use store::blobs::bad_records::bad_records_id;
use store::{BlobId, BlobStore, JobRef, JobStore, StoreResult};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};

use crate::files::{ids, put_again};

/// How many outputs are asked for at once.
const PAGE: u32 = 5000;

/// How often it is looked whether files are still there: well within the five seconds that an attempt waits for them.
const LOOK_FOR_FILES: Duration = Duration::from_secs(2);

/// What a job may have in the store of blobs.
#[derive(Debug)]
pub(crate) struct Owned {
    /// Number of tasks in its plan.
    pub(crate) tasks: u32,
    /// Whether tasks may leave records out, and then list them.
    pub(crate) bad_records: bool,
    /// Files that came with it.
    pub(crate) files: Vec<(ShippedFile, Bytes)>,
}

/// Lets what `job` has in the store live for `lasting` again and again until the answer is dropped: it expires only if
/// no master is there any more. Files that are gone are put again: nobody else has them.
pub(crate) fn keep_alive<S: JobStore, B: BlobStore>(
    store: S,
    blobs: B,
    job: JobRef,
    owned: Owned,
    lasting: Duration,
) -> AbortOnDropHandle<()> {
    // Several times while they live: one failure does no harm.
    let turn = lasting / 4;
    AbortOnDropHandle::new(tokio::spawn(async move {
        let runs = async {
            loop {
                if let Err(error) = keep(&store, &blobs, &job, &owned, lasting).await {
                    debug!(%error, "the life of runs was not renewed");
                }
                sleep(turn).await;
            }
        };
        let files = async {
            while !owned.files.is_empty() {
                sleep(turn.min(LOOK_FOR_FILES)).await;
                match put_again(&blobs, &job.id, &owned.files).await {
                    Ok(again) if again.is_empty() => {}
                    Ok(again) => {
                        warn!(job = %job.id, files = ?again, "put files again that were gone from shuffle.store")
                    }
                    Err(error) => debug!(%error, "the files of the job were not looked for"),
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
    owned: &Owned,
    lasting: Duration,
) -> StoreResult<()> {
    blobs.keep(&job.id, &ids(&owned.files), lasting).await?;
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
    if let Err(error) = blobs.remove(&job.id, &ids(&owned.files)).await {
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
