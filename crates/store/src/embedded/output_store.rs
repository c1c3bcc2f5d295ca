//! Outputs that attempts stored as blobs.

use std::ops::Range;

use mapreduce_core::TaskIndex;

use super::job::Job;
use super::store::EmbeddedStore;
use crate::error::StoreResult;
use crate::traits::OutputStore;
use crate::types::{AttemptFailure, JobRef, ReopenReply, StoredOutput};

impl OutputStore for EmbeddedStore {
    async fn outputs(
        &self,
        job: &JobRef,
        tasks: Range<u32>,
    ) -> StoreResult<Vec<Option<StoredOutput>>> {
        self.with(job, |job| {
            let output = |index| job.done.get(&TaskIndex(index))?.output.clone();
            tasks.map(output).collect()
        })
    }

    async fn reopen(
        &self,
        job: &JobRef,
        task: TaskIndex,
        attempt: &str,
        failure: &AttemptFailure,
    ) -> StoreResult<ReopenReply> {
        self.with(job, |job| reopen(job, task, attempt, failure))
    }
}

fn reopen(job: &mut Job, task: TaskIndex, attempt: &str, failure: &AttemptFailure) -> ReopenReply {
    let stored = job.done.get(&task).and_then(|done| done.output.as_ref());
    if job.state.is_over() || stored.is_none_or(|stored| stored.attempt != attempt) {
        return ReopenReply::Stale;
    }
    if let Some(done) = job.done.remove(&task) {
        job.counters.subtract(&done.counters);
    }
    job.beats += 1;
    if job.count_failure(task, failure) {
        job.bury(task, failure);
        return ReopenReply::Dead;
    }
    job.requeue([task]);
    ReopenReply::Reopened
}
