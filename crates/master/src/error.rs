//! The errors that end a master without a result.

use std::path::PathBuf;

use mapreduce_core::JobError;
use mapreduce_formats::input::InputError;
use settings::Exit;
use store::StoreError;

use crate::output::OutputError;

/// Reason why a master ends without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MasterError {
    /// The input cannot be planned.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(OutputError),
    /// The store is unreachable for longer than the deadline, or refuses permanently.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Redis cannot hold the runs and results of the job. No task has started.
    #[error(
        "shuffle.store: the job needs about {needed} of memory in Redis, but {free} of {limit} are free; raise maxmemory \
         of Redis, set shuffle.compression=lz4, or set shuffle.store to a shared folder",
        needed = megabytes(*.needed), limit = megabytes(*.limit), free = megabytes(*.free)
    )]
    InsufficientCapacity {
        /// Estimated bytes that the job needs.
        needed: u64,
        /// Free bytes.
        free: u64,
        /// Maximum bytes of Redis.
        limit: u64,
    },
    /// The registry lacks the job, or its parameters are invalid.
    #[error(transparent)]
    Job(JobError),
    /// A file cannot be shipped with the job.
    #[error("job.files: {path} {problem}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Problem and next step, as the rest of the sentence.
        problem: String,
    },
    /// The job failed.
    #[error("job {job} failed: {reason}")]
    Failed {
        /// The job.
        job: String,
        /// Reason, with the file or task at fault.
        reason: String,
    },
    /// A total is wrong, because of a defect or because another program changed the job's keys.
    #[error(
        "job {job}: wrong total in the store: {what} is {found}, expected {expected}; the output was not written, run the job again"
    )]
    Inexact {
        /// The job.
        job: String,
        /// Name of the total.
        what: &'static str,
        /// Value in the store.
        found: u64,
        /// Correct value.
        expected: u64,
    },
    /// SIGINT or SIGTERM; the job can be resumed.
    #[error("interrupted; the same command resumes the job")]
    Interrupted,
}

impl MasterError {
    /// Reports whether the counts in the store are permanently wrong.
    pub(crate) fn is_inexact(&self) -> bool {
        matches!(
            self,
            Self::Inexact { .. } | Self::Store(StoreError::Changed { .. })
        )
    }

    /// Returns `true` if the job is over without a result. No later master resumes such a job.
    pub(crate) fn is_permanent(&self) -> bool {
        matches!(self, Self::Failed { .. }) || self.is_inexact()
    }

    /// Returns the exit code of the process.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Input(
                InputError::ColumnNeeded { .. }
                | InputError::NoColumns { .. }
                | InputError::Binding { .. },
            )
            | Self::Job(_)
            | Self::File { .. }
            | Self::InsufficientCapacity { .. }
            | Self::Output(
                OutputError::OutputIsInput { .. }
                | OutputError::InputInOutput { .. }
                | OutputError::Incompatible { .. }
                | OutputError::Suffix { .. },
            ) => Exit::BadSettings,
            Self::Input(_) => Exit::NoInput,
            Self::Output(OutputError::PartitionsLost(_)) => Exit::JobFailed,
            Self::Output(_) => Exit::CannotWrite,
            // Redis is reachable, but its counts are not those of the job.
            Self::Store(StoreError::Changed { .. }) => Exit::JobFailed,
            Self::Store(_) => Exit::NoRedis,
            Self::Failed { .. } | Self::Inexact { .. } => Exit::JobFailed,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

impl From<OutputError> for MasterError {
    /// Passes errors of other layers through, so that an error of the store can be retried.
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Store(error) => Self::Store(error),
            OutputError::Job(error) => Self::Job(error),
            error => Self::Output(error),
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
