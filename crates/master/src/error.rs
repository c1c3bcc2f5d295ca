//! Why a master ends without a result.

use std::path::PathBuf;

use mapreduce::{InputError, JobError};
use runtime::Exit;
use store::StoreError;

use crate::publish::OutputError;

/// Why a master ends without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MasterError {
    /// The input cannot be planned.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The result would be written over input, or where the next run reads it as input.
    #[error(
        "job.output: {output} would be read as input of {input}; write it to another folder",
        output = .output.display(), input = .input.display()
    )]
    OutputIsInput {
        /// The output.
        output: PathBuf,
        /// The file or folder that is read.
        input: PathBuf,
    },
    /// The folder that gets the result holds input.
    #[error(
        "job.output: {output} holds the input {input}, and all that it holds is replaced; write to another folder",
        output = .output.display(), input = .input.display()
    )]
    InputInOutput {
        /// The output.
        output: PathBuf,
        /// The input in it.
        input: PathBuf,
    },
    /// Part files do not go with another setting.
    #[error("output.parts=true does not go with {with}, {what}")]
    NoParts {
        /// The other setting and its value.
        with: String,
        /// Why, and what to do.
        what: &'static str,
    },
    /// The store is away for longer than the deadline, or refuses for good.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Redis cannot hold the job's runs and parts. Nothing was begun.
    #[error(
        "shuffle.store: the job needs about {needed} of Redis, of whose maxmemory of {limit} {free} are free; raise maxmemory, \
         set shuffle.compression to lz4 or shuffle.store to a folder that all machines share",
        needed = megabytes(*.needed), limit = megabytes(*.limit), free = megabytes(*.free)
    )]
    NoRoom {
        /// Bytes that are needed, about.
        needed: u64,
        /// Bytes that are free.
        free: u64,
        /// Bytes that Redis may hold.
        limit: u64,
    },
    /// There is no such job, or its parameters are wrong.
    #[error(transparent)]
    Job(JobError),
    /// A file that is to go with the job.
    #[error("job.files: {path} {what}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// The job failed.
    #[error("job {job} failed: {reason}")]
    Failed {
        /// The job.
        job: String,
        /// Why; names the file or task at fault.
        reason: String,
    },
    /// What was counted does not add up: a defect, or somebody changed the job's keys.
    #[error(
        "job {job}: {what} is {found} in the store, and should be {expected}; nothing was written"
    )]
    Inexact {
        /// The job.
        job: String,
        /// Which sum.
        what: &'static str,
        /// As found.
        found: u64,
        /// As it must be.
        expected: u64,
    },
    /// SIGINT or SIGTERM; the job can be resumed.
    #[error("interrupted; the same command takes the job up again")]
    Interrupted,
}

impl MasterError {
    /// Whether the counts in the store cannot be the result, now or later.
    pub(crate) fn is_about_the_sums(&self) -> bool {
        matches!(
            self,
            Self::Inexact { .. } | Self::Store(StoreError::Changed { .. })
        )
    }

    /// Whether the job is over, without a result.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Failed { .. }) || self.is_about_the_sums()
    }

    /// The exit code that tells it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Input(InputError::ColumnNeeded { .. } | InputError::NoColumns { .. })
            | Self::Job(_)
            | Self::File { .. }
            | Self::NoRoom { .. }
            | Self::OutputIsInput { .. }
            | Self::InputInOutput { .. }
            | Self::NoParts { .. } => Exit::BadSettings,
            Self::Input(_) => Exit::NoInput,
            Self::Output(_) => Exit::CannotWrite,
            // Redis is there, but its counts are not those of the job.
            Self::Store(StoreError::Changed { .. }) => Exit::JobFailed,
            Self::Store(_) => Exit::NoRedis,
            Self::Failed { .. } | Self::Inexact { .. } => Exit::JobFailed,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
