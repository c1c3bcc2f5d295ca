//! The options of a master.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use mapreduce_core::OutputFormat;
use mapreduce_core::ShippedFile;
use mapreduce_core::{JobId, PlanHash, StepPosition};
use mapreduce_job::Registry;
use settings::{CrashPlan, Settings};

use crate::error::MasterError;
use crate::output::{Destination, StreamTarget};
use crate::planner::{Request, output_format};
use crate::shipped_files;

/// Options of a master.
#[derive(Debug, Clone)]
pub struct MasterOptions {
    /// Input and job to plan.
    pub request: Request,
    /// Files that every worker gets, with their content.
    pub files: Vec<(ShippedFile, Bytes)>,
    /// Plan that an earlier run has finished. If the new plan is the same, the job is skipped.
    pub done: Option<PlanHash>,
    /// File for the result, or folder for its part files.
    pub output: PathBuf,
    /// Format of the result.
    pub format: OutputFormat,
    /// True if CSV and TSV start with the names of the columns.
    pub header: bool,
    /// True if `output.format` sets the format, and not the name of the output.
    pub has_explicit_format: bool,
    /// Configured job id.
    pub id: Option<JobId>,
    /// Id for a new job, if none is configured.
    pub fresh: JobId,
    /// Random name of this master.
    pub owner: String,
    /// Time without progress before the stall is reported.
    pub stall_notice: Duration,
    /// Maximum time without a sign of life.
    pub stall_timeout: Option<Duration>,
    /// Time for which the job's keys are kept after the publication.
    pub keep: Duration,
    /// Time for which runs outlive this master.
    pub expire: Duration,
    /// Number of times that the output of a task may be lost before the job fails.
    pub max_attempts: u32,
    /// Time between checkpoints; `None` disables them.
    pub checkpoint: Option<Duration>,
    /// Maximum time to wait for a store that does not answer.
    pub deadline: Duration,
    /// True if a later master can resume the job. Otherwise nothing unpublished is kept.
    pub resumable: bool,
    /// Crash points, for tests.
    pub crash: CrashPlan,
}

impl MasterOptions {
    /// Returns the options that `settings` describe, for one of the jobs of `registry`. They have names for a job that
    /// starts now, and no crash points.
    ///
    /// # Errors
    /// The registry lacks the job, its parameters are invalid, or a shipped file cannot be read.
    pub fn new(settings: &Settings, registry: &Registry) -> Result<Self, MasterError> {
        let job = &settings.job;
        let mut request = Request::new(settings, registry).map_err(MasterError::Job)?;
        let files = shipped_files::read(&job.files)?;
        request.spec.files = files.iter().map(|(file, _)| file.clone()).collect();
        Ok(Self {
            request,
            files,
            done: None,
            output: job.output.clone(),
            format: output_format(settings),
            header: settings.output.header,
            has_explicit_format: settings.output.format.is_some(),
            id: job.id.clone(),
            fresh: settings::job_id(&job.name, std::time::SystemTime::now()),
            owner: settings::owner_nonce(),
            stall_notice: job.stall_notice,
            stall_timeout: job.stall_timeout,
            keep: job.keep,
            expire: settings.shuffle.expire,
            max_attempts: settings.worker.max_attempts,
            checkpoint: settings.checkpoint.interval,
            deadline: settings.redis.deadline,
            resumable: true,
            crash: CrashPlan::default(),
        })
    }

    /// Returns the destination of the result.
    pub(crate) fn destination(&self) -> Destination<'_> {
        Destination {
            request: &self.request,
            path: &self.output,
            format: self.format,
            header: self.header,
            spec: &self.request.spec,
            has_explicit_format: self.has_explicit_format,
            resumable: self.resumable,
        }
    }

    /// Reports whether the result goes to standard output, which must then contain nothing else.
    pub fn writes_to_stdout(&self) -> bool {
        self.destination().stream() == Some(StreamTarget::Stdout)
    }

    /// Reports whether the job is a step that another step follows.
    pub(crate) fn has_next_step(&self) -> bool {
        self.request.spec.step.is_some_and(StepPosition::has_next)
    }
}
