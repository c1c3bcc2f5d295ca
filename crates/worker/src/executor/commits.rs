//! Commits of finished attempts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use settings::CrashPoint;
use store::blobs::bad_records::bad_records_id;
use store::{Blob, BlobId, BlobStore, CommitReply, StoreError, StoreResult, TaskOutput, TaskStore};
use tokio::time::sleep;
use tracing::debug;

use super::state::{ActionResult, Executor};
use super::timing::RETRY_PAUSE;
use crate::core::{FinishedAttempt, SharedJob, WorkerEvent};

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    /// Stores the blobs of a finished attempt, then commits it.
    pub(crate) async fn commit(
        self: Arc<Self>,
        job: SharedJob,
        finished: Arc<FinishedAttempt>,
        tries: u32,
    ) -> ActionResult {
        if tries > 0 {
            sleep(RETRY_PAUSE).await;
        }
        let _permit = self.commit_gate.enter(&finished).await;
        self.options.crash.reach(CrashPoint::BeforeCommit);
        // Set once a try may have reached the store although its reply was lost.
        let is_uncertain = AtomicBool::new(false);
        let send = || {
            let send = async {
                let sent = self.put_and_commit(&job, &finished).await;
                match &sent {
                    // The store did nothing. If two attempts filled its memory with their blobs, neither could commit,
                    // so the blobs are removed until the next try.
                    Err(StoreError::Full { .. }) if !is_uncertain.load(Ordering::Relaxed) => {
                        self.discard(&job, &finished).await;
                    }
                    Err(_) => is_uncertain.store(true, Ordering::Relaxed),
                    Ok(_) => {}
                }
                sent
            };
            send.boxed()
        };
        let reply = match self.retry("commit", send).await {
            Err(StoreError::Lost { .. }) => CommitReply::NoPlan,
            reply => reply?,
        };
        self.options.crash.reach(CrashPoint::AfterCommit);
        let commit = &finished.commit;
        debug!(job = %job.job.id, task = %commit.task.index, attempt = commit.attempt, ?reply, "sent a commit");
        if matches!(reply, CommitReply::Duplicate | CommitReply::Refused(_)) {
            self.discard(&job, &finished).await;
        }
        let task = commit.task.clone();
        Ok(WorkerEvent::Committed { job, task, reply })
    }

    async fn put_and_commit(
        &self,
        job: &SharedJob,
        finished: &FinishedAttempt,
    ) -> StoreResult<CommitReply> {
        // Every try stores the blobs again: a store that was rolled back has lost them.
        for (id, blob) in blobs_of(finished) {
            self.blobs.put(&job.job.id, &id, blob).await?;
        }
        let name = &self.options.name;
        self.store.commit(&job.job, name, &finished.commit).await
    }

    /// Removes the blobs of an attempt that does not count. If that fails, they expire.
    async fn discard(&self, job: &SharedJob, finished: &FinishedAttempt) {
        let ids: Vec<BlobId> = blobs_of(finished).map(|(id, _)| id).collect();
        let attempt = match &finished.commit.output {
            TaskOutput::Stored(stored) if !ids.is_empty() => &stored.attempt,
            _ => return,
        };
        // The attempt may count after all. A duplicate may be the second reply to the same commit. After a rollback, an
        // attempt may have the name of an earlier one.
        let index = finished.commit.task.index.0;
        let outputs = self.store.outputs(&job.job, index..index + 1).await;
        let Ok([output]) = outputs.as_deref() else {
            return;
        };
        let counts = output
            .as_ref()
            .is_some_and(|output| output.attempt == *attempt);
        if !counts && let Err(error) = self.blobs.remove(&job.job.id, &ids).await {
            debug!(%error, "cannot remove the blobs of a discarded attempt");
        }
    }
}

/// Returns the blobs of an attempt, with their ids.
fn blobs_of(finished: &FinishedAttempt) -> impl Iterator<Item = (BlobId, &Blob)> {
    let task = finished.commit.task.index;
    let attempt = match &finished.commit.output {
        TaskOutput::Stored(stored) => Some(&stored.attempt),
        // For counts, the store does not record which attempt counts, so lists of bad records would be ambiguous.
        _ => None,
    };
    attempt.into_iter().flat_map(move |attempt| {
        let id = || BlobId {
            task,
            attempt: attempt.clone(),
        };
        let blob = finished.blob.as_ref().map(|blob| (id(), blob));
        let bad_records = finished.bad_records.as_ref();
        let bad_records = bad_records.map(|list| (bad_records_id(task, attempt), list));
        blob.into_iter().chain(bad_records)
    })
}

#[cfg(test)]
mod tests {
    use mapreduce_core::{Counters, TaskIndex};
    use store::{Commit, StoredOutput, TaskRef};

    use super::*;

    #[test]
    fn a_run_and_its_list_of_bad_records_are_named_by_their_attempt() {
        let stored = StoredOutput {
            attempt: "1-8.2.ab".to_owned(),
            bytes: 1,
            records: 1,
            sum: 1,
        };
        let finished = |output, blob: Option<Blob>| FinishedAttempt {
            commit: Commit {
                task: TaskRef {
                    index: TaskIndex(7),
                    entry: "1-8".to_owned(),
                },
                attempt: 2,
                counters: Counters::default(),
                output,
            },
            blob,
            bad_records: Some(vec![2].into()),
        };
        let names = |finished: &FinishedAttempt| -> Vec<(String, u64)> {
            blobs_of(finished)
                .map(|(id, blob)| (id.to_string(), blob.len()))
                .collect()
        };
        let run = Some(Blob::from(vec![1, 1, 1]));
        let both = finished(TaskOutput::Stored(stored.clone()), run);
        let list = ("run:7:1-8.2.ab.bad".to_owned(), 1);
        assert_eq!(
            names(&both),
            [("run:7:1-8.2.ab".to_owned(), 3), list.clone()]
        );
        // All records of the split are bad, so there is no run to store.
        assert_eq!(names(&finished(TaskOutput::Stored(stored), None)), [list]);
    }
}
