//! Committing what attempts gave.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use runtime::CrashPoint;
use store::blobs::bad_records::bad_records_id;
use store::{Blob, BlobId, BlobStore, CommitReply, StoreError, StoreResult, TaskOutput, TaskStore};
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
        let (commit, unsure) = (&finished.commit, AtomicBool::new(false));
        let send = || {
            let send = async {
                let sent = self.put_and_commit(&job, &finished).await;
                match &sent {
                    // Nothing has happened. Two attempts whose outputs fill the memory would keep each other from their
                    // commits, so none is left in it until the next try.
                    Err(StoreError::Full { .. }) if !unsure.load(Ordering::Relaxed) => {
                        self.discard(&job, &finished).await;
                    }
                    Err(_) => unsure.store(true, Ordering::Relaxed),
                    Ok(_) => {}
                }
                sent
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

    async fn put_and_commit(&self, job: &Job, finished: &Finished) -> StoreResult<CommitReply> {
        // Again with every try: a store that was rolled back has lost it.
        for (id, blob) in blobs_of(finished) {
            self.blobs.put(&job.job.id, &id, blob).await?;
        }
        let name = &self.options.name;
        self.store.commit(&job.job, name, &finished.commit).await
    }

    /// Removes blobs that do not count. If that fails they expire.
    async fn discard(&self, job: &Job, finished: &Finished) {
        let ids: Vec<BlobId> = blobs_of(finished).map(|(id, _)| id).collect();
        let attempt = match &finished.commit.output {
            TaskOutput::Stored(stored) if !ids.is_empty() => &stored.attempt,
            _ => return,
        };
        let index = finished.commit.task.index.0;
        // A duplicate may be the second answer to one and the same commit; after a rollback an attempt may have the name
        // of an earlier one.
        let counts = self.store.outputs(&job.job, index..index + 1).await;
        let Ok([counts]) = counts.as_deref() else {
            return;
        };
        if counts
            .as_ref()
            .is_none_or(|counts| counts.attempt != *attempt)
            && let Err(error) = self.blobs.remove(&job.job.id, &ids).await
        {
            debug!(%error, "blobs that do not count were not removed");
        }
    }
}

/// The blobs that a commit makes count, with their names.
fn blobs_of(finished: &Finished) -> impl Iterator<Item = (BlobId, &Blob)> {
    let task = finished.commit.task.index;
    let attempt = match &finished.commit.output {
        TaskOutput::Stored(stored) => Some(&stored.attempt),
        // The store does not say which attempt counts: lists could not be told apart.
        _ => None,
    };
    attempt.into_iter().flat_map(move |attempt| {
        let whole = || BlobId {
            task,
            attempt: attempt.clone(),
        };
        let blob = finished.blob.as_ref().map(|blob| (whole(), blob));
        let bad_records = finished.bad_records.as_ref();
        let bad_records = bad_records.map(|list| (bad_records_id(task, attempt), list));
        blob.into_iter().chain(bad_records)
    })
}

#[cfg(test)]
mod tests {
    use mapreduce::{Counters, TaskIndex};
    use store::{Commit, Stored, TaskRef};

    use super::*;

    #[test]
    fn a_run_and_the_list_of_what_it_lacks_are_named_by_their_attempt() {
        let stored = Stored {
            attempt: "1-8.2.ab".to_owned(),
            bytes: 1,
            records: 1,
            sum: 1,
        };
        let finished = |output, blob: Option<Blob>| Finished {
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
        let names = |finished: &Finished| -> Vec<(String, u64)> {
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
        // Nothing but bad records: there is no run to be stored.
        assert_eq!(names(&finished(TaskOutput::Stored(stored), None)), [list]);
    }
}
