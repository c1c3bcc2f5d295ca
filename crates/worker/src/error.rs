//! Errors that end a worker before its job is over.

use settings::Exit;
use store::StoreError;

/// Error that ends a worker before its job is over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The store is unreachable for longer than the deadline, or rejects this worker permanently.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store lost the job, and no master planned it again within the deadline.
    #[error(
        "the store lost the job, and no master planned it again within redis.deadline; restart the master"
    )]
    PlanMissing,
    /// A master of another version planned the job.
    #[error(
        "cannot read the specification of job {job}: {source}; run master and workers of the same version"
    )]
    Spec {
        /// Id of the job.
        job: String,
        /// Error of the parser.
        source: serde_json::Error,
    },
}

impl WorkerError {
    /// Returns the exit code of the program.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Store(_) | Self::PlanMissing => Exit::NoRedis,
            Self::Spec { .. } => Exit::JobFailed,
        }
    }
}
