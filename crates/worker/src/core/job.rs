//! The job that a worker has joined.

use std::sync::Arc;

use mapreduce_core::JobSpec;
use store::JobRef;

/// Job of an action or an event. The core ignores events of a job that it has left.
pub type SharedJob = Arc<JoinedJob>;

/// A job that a worker has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedJob {
    /// The job and its plan.
    pub job: JobRef,
    /// Job specification.
    pub spec: JobSpec,
    /// Number of map tasks, which have the first indexes of the plan.
    pub maps: u32,
}
