//! Committing what attempts gave.

use std::sync::Arc;

use futures::FutureExt;
use runtime::CrashPoint;
use store::{BlobId, BlobStore, Commit, CommitReply, StoreError, TaskOutput, TaskStore};
use tokio::time::sleep;
use tracing::debug;

use super::{Hands, Outcome, PAUSE};
use crate::core::{Event, Finished, Job};

/// Commits under way at once.
pub(super) const COMMITS: u32 = 16;
/// For how many a commit with pairs counts: one that the store folds, and one that is encoded and sent meanwhile.
const HEAVY: u32 = COMMITS / 2;

impl<S: TaskStore, B: BlobStore> Hands<S, B> {
    pub(crate) async fn commit(
        self: Arc<Self>,
        job: Job,
        finished: Arc<Finished>,
        tries: u32,
    ) -> Outcome {
        if tries > 0 {
            sleep(PAUSE).await;
        }
        let weight = match (&finished.blob, &finished.commit.output) {
            (None, TaskOutput::Stored(_)) => 1,
            _ => HEAVY,
        };
        let _turn = self.commits.acquire_many(weight).await;
        self.options.crash.reach(CrashPoint::BeforeCommit);
        let commit = &finished.commit;
        let send = || {
            let send = async {
                // Again with every try: a store that was rolled back has lost it.
                if let (Some(blob), Some(id)) = (&finished.blob, stored_as(commit)) {
                    self.blobs.put(&job.job.id, &id, blob).await?;
                }
                let name = &self.options.name;
                self.store.commit(&job.job, name, commit).await
            };
            send.boxed()
        };
        let reply = match self.insist("commit", send).await {
            Err(StoreError::Lost { .. }) => CommitReply::NoPlan,
            reply => reply?,
        };
        self.options.crash.reach(CrashPoint::AfterCommit);
        debug!(job = %job.job.id, task = %commit.task.index, attempt = commit.attempt, ?reply, "commit");
        if matches!(reply, CommitReply::Duplicate | CommitReply::Refused(_)) {
            self.discard(&job, &finished).await;
        }
        Ok(Event::Committed(job, commit.task.clone(), reply))
    }

    /// Removes a blob that does not count. If that fails it expires.
    async fn discard(&self, job: &Job, finished: &Finished) {
        let (Some(_), Some(id)) = (&finished.blob, stored_as(&finished.commit)) else {
            return;
        };
        let index = id.task.0;
        // A duplicate may be the second answer to one and the same commit.
        let counts = self.store.outputs(&job.job, index..index + 1).await;
        let Ok([counts]) = counts.as_deref() else {
            return;
        };
        if counts
            .as_ref()
            .is_none_or(|counts| counts.attempt != id.attempt)
            && let Err(error) = self.blobs.remove(&job.job.id, &[id]).await
        {
            debug!(%error, "a blob that does not count was not removed");
        }
    }
}

/// The name of the blob that a commit makes count, if there is one.
fn stored_as(commit: &Commit) -> Option<BlobId> {
    match &commit.output {
        TaskOutput::Stored(stored) => Some(BlobId {
            task: commit.task.index,
            attempt: stored.attempt.clone(),
        }),
        _ => None,
    }
}
