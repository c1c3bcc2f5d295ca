//! Options of a worker.

use std::path::PathBuf;
use std::time::Duration;

use mapreduce_core::WorkerName;
use mapreduce_job::Registry;
use mapreduce_shuffle::Scratch;
use settings::{CrashPlan, Settings};

use crate::core::WorkerLimits;

/// Options of a worker.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Unique name of this process.
    pub name: WorkerName,
    /// Jobs that this worker can run.
    pub registry: Registry,
    /// Input and output paths on this machine, one entry for each step of the job.
    pub step_paths: Vec<StepPaths>,
    /// Allows jobs that run commands.
    pub commands: bool,
    /// Memory of each slot, and the folder for temporary files.
    pub scratch: Scratch,
    /// Number of slots and attempts.
    pub limits: WorkerLimits,
    /// Lease of a task: the time after the last heartbeat until other workers may reclaim it.
    pub lease: Duration,
    /// Pause before every task, for demonstrations and tests.
    pub slow: Duration,
    /// Longest time to retry while the store is unreachable.
    pub deadline: Duration,
    /// Crash points, for tests.
    pub crash: CrashPlan,
}

/// Input and output paths of a job, or of one of its steps, on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepPaths {
    /// Input files and folders.
    pub inputs: Vec<PathBuf>,
    /// Output path, or the folder of part files.
    pub output: PathBuf,
}

impl StepPaths {
    /// Takes the paths from `settings`.
    pub fn new(settings: &Settings) -> Self {
        Self {
            inputs: settings.job.input.clone(),
            output: settings.job.output.clone(),
        }
    }
}

impl WorkerOptions {
    /// Takes the options from `settings`, for a job of one step and without crash points.
    pub fn new(name: WorkerName, registry: Registry, settings: &Settings) -> Self {
        let Settings { worker, redis, .. } = settings;
        Self {
            name,
            registry,
            step_paths: vec![StepPaths::new(settings)],
            commands: worker.commands,
            scratch: Scratch {
                // The other half is for growing tables, for blobs in transfer, and for memory that the allocator keeps.
                // A job with 50 million distinct words took 180 MB for two slots of 64 MiB.
                memory: usize::try_from(worker.memory.get() / 2).unwrap_or(usize::MAX),
                folder: worker.temp_folder.clone(),
            },
            limits: WorkerLimits {
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
