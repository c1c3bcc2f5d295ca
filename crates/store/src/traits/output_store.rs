//! Outputs that attempts stored as blobs.

use std::future::Future;
use std::ops::Range;

use mapreduce_core::TaskIndex;

use crate::error::StoreResult;
use crate::types::{AttemptFailure, JobRef, ReopenReply, StoredOutput};

/// Outputs that attempts stored as blobs: which attempt's output counts, and how a lost one is reopened.
pub trait OutputStore: Clone + Send + Sync + 'static {
    /// Returns the stored outputs of `tasks`, in order. An entry is `None` if the task is not done or stored nothing.
    ///
    /// Each entry was true at some moment during the call, but not all of them at the same moment.
    fn outputs(
        &self,
        job: &JobRef,
        tasks: Range<u32>,
    ) -> impl Future<Output = StoreResult<Vec<Option<StoredOutput>>>> + Send;

    /// Reopens `task` if it was done by `attempt`, whose blob is lost or damaged.
    ///
    /// The store subtracts the task's counters and counts a failed attempt. It then adds the task again, or moves it
    /// to the dead letters after `failure.max_attempts` failures. The call can be retried: a task that is already
    /// reopened is [`ReopenReply::Stale`].
    fn reopen(
        &self,
        job: &JobRef,
        task: TaskIndex,
        attempt: &str,
        failure: &AttemptFailure,
    ) -> impl Future<Output = StoreResult<ReopenReply>> + Send;
}
