//! What a master is to know.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use mapreduce::job::ShippedFile;
use mapreduce::output::OutputFormat;
use mapreduce::{JobId, PlanHash, Registry, StepOf};
use runtime::{CrashPlan, Settings};

use crate::error::MasterError;
use crate::files;
use crate::output::beside;
use crate::planner::{Request, output_format};

/// What a master is to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// What to plan.
    pub request: Request,
    /// The files that every worker is given.
    pub files: Vec<(ShippedFile, Bytes)>,
    /// The plan of this step of a job, if it is known to be done: then nothing is.
    pub done: Option<PlanHash>,
    /// The file that gets the result, or the folder that gets part files.
    pub output: PathBuf,
    /// Its layout.
    pub format: OutputFormat,
    /// The job's id, if it must be a certain one.
    pub id: Option<JobId>,
    /// The id for a new job.
    pub fresh: JobId,
    /// A random text that names this master.
    pub owner: String,
    /// How long no task may be completed before the reasons are told.
    pub stall_notice: Duration,
    /// How long there may be no sign of life.
    pub stall_timeout: Option<Duration>,
    /// How long the job's keys stay after the result is published.
    pub keep: Duration,
    /// How long runs outlive this master.
    pub expire: Duration,
    /// How often a task's output may be lost before the job fails.
    pub max_attempts: u32,
    /// Time between checkpoints; `None` = none.
    pub checkpoint: Option<Duration>,
    /// How long a store that does not answer is waited for.
    pub deadline: Duration,
    /// Whether the next master can take up what this one leaves; if not, nothing is left.
    pub resumes: bool,
    /// Where to crash, if anywhere.
    pub crash: CrashPlan,
}

impl Options {
    /// The files that the result consists of, or the folder of them.
    pub(crate) fn written(&self) -> Vec<PathBuf> {
        let names = &self.request.spec.shape.outputs;
        let others = names.iter().map(|name| beside(&self.output, name));
        std::iter::once(self.output.clone()).chain(others).collect()
    }

    /// Whether the job is a step that another one follows.
    pub(crate) fn is_followed(&self) -> bool {
        self.request.spec.step.is_some_and(StepOf::is_followed)
    }

    /// What `settings` say, of the jobs of `registry`, with names for a job that starts now and without crash
    /// points.
    ///
    /// # Errors
    /// There is no such job, its parameters are wrong, or a file of it cannot be read.
    pub fn new(settings: &Settings, registry: &Registry) -> Result<Self, MasterError> {
        let job = &settings.job;
        let mut request = Request::new(settings, registry).map_err(MasterError::Job)?;
        let files = files::read(&job.files)?;
        request.spec.files = files.iter().map(|(file, _)| file.clone()).collect();
        Ok(Self {
            request,
            files,
            done: None,
            output: job.output.clone(),
            format: output_format(settings),
            id: job.id.clone(),
            fresh: runtime::job_id(&job.name, std::time::SystemTime::now()),
            owner: runtime::owner_nonce(),
            stall_notice: job.stall_notice,
            stall_timeout: job.stall_timeout,
            keep: job.keep,
            expire: settings.shuffle.expire,
            max_attempts: settings.worker.max_attempts,
            checkpoint: settings.checkpoint.interval,
            deadline: settings.redis.deadline,
            resumes: true,
            crash: CrashPlan::default(),
        })
    }
}
