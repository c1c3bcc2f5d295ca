//! What a worker is to know, and why it may end early.

use std::path::PathBuf;
use std::time::Duration;

use mapreduce::shuffle::Scratch;
use mapreduce::{Registry, WorkerName};
use runtime::{CrashPlan, Exit, Settings};
use store::StoreError;

use crate::core::Limits;

/// What a worker is to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// This incarnation's name.
    pub name: WorkerName,
    /// The jobs that it can do.
    pub registry: Registry,
    /// Where this machine has input and output; for each step, if the job has several.
    pub places: Vec<Place>,
    /// Whether jobs may run commands here.
    pub commands: bool,
    /// Memory of each slot, and where local files go.
    pub scratch: Scratch,
    /// Slots and attempts.
    pub limits: Limits,
    /// How long a task stays ours without a sign of life.
    pub lease: Duration,
    /// A pause in every task, for demonstrations.
    pub slow: Duration,
    /// How long a store that does not answer is waited for.
    pub deadline: Duration,
    /// Where to crash, if anywhere.
    pub crash: CrashPlan,
}

/// Where this machine has the input and the output of a job, or of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The job's input files and folders.
    pub inputs: Vec<PathBuf>,
    /// The job's output, the folder of part files.
    pub output: PathBuf,
}

impl Place {
    /// What `settings` say.
    pub fn new(settings: &Settings) -> Self {
        Self {
            inputs: settings.job.input.clone(),
            output: settings.job.output.clone(),
        }
    }
}

impl Options {
    /// What `settings` say, for the jobs of `registry`, without crash points.
    pub fn new(name: WorkerName, registry: Registry, settings: &Settings) -> Self {
        let Settings { worker, redis, .. } = settings;
        Self {
            name,
            registry,
            places: vec![Place::new(settings)],
            commands: worker.commands,
            scratch: Scratch {
                // The other half is for the moments in which something grows, for blobs on their way, and for what
                // the allocator keeps: 50 million different words took 180 MB for two slots of 64 MiB.
                memory: usize::try_from(worker.memory.get() / 2).unwrap_or(usize::MAX),
                folder: worker.temp_folder.clone(),
            },
            limits: Limits {
                slots: worker.slots,
                max_attempts: worker.max_attempts,
                backups: worker.backups,
            },
            lease: worker.lease,
            slow: worker.slow,
            deadline: redis.deadline,
            crash: CrashPlan::default(),
        }
    }
}

/// What ends a worker before its job is over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The store is away for longer than the deadline, or refuses for good.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store lost the job, and nobody has planned it again within the deadline.
    #[error("the store lost the job, and no master has planned it again (redis.deadline)")]
    Gone,
    /// The job was planned by a master of another version.
    #[error("job {job} cannot be read ({source}); run master and workers of the same version")]
    Spec {
        /// The job.
        job: String,
        /// What is wrong with its specification.
        source: serde_json::Error,
    },
}

impl WorkerError {
    /// The exit code that tells it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Store(_) | Self::Gone => Exit::NoRedis,
            Self::Spec { .. } => Exit::JobFailed,
        }
    }
}
