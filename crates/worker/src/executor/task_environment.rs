//! Environment of attempts.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use mapreduce_core::{JobError, WorkerName};
use mapreduce_job::Registry;
use mapreduce_job::{Job as JobCode, TaskContext};
use mapreduce_shuffle::{CountCollector, Scratch};
use store::Claim;

use super::job_files::{FilesInUse, JobFiles};
use crate::core::SharedJob;
use crate::options::{StepPaths, WorkerOptions};

/// Environment of attempts: input and output paths, memory, job files, and reusable tables.
#[derive(Debug)]
pub(super) struct TaskEnvironment {
    pub(super) name: WorkerName,
    paths: Vec<StepPaths>,
    pub(super) scratch: Scratch,
    /// Maximum number of attempts at a task.
    pub(super) max_attempts: u32,
    registry: Registry,
    commands: bool,
    pub(super) files: JobFiles,
    /// Combiners that no attempt is using. At most one is created for each slot.
    combiners: Mutex<Vec<CountCollector>>,
}

impl TaskEnvironment {
    pub(super) fn new(options: &WorkerOptions) -> Self {
        Self {
            name: options.name.clone(),
            paths: options.step_paths.clone(),
            scratch: options.scratch.clone(),
            max_attempts: options.limits.max_attempts,
            registry: options.registry.clone(),
            commands: options.commands,
            files: JobFiles::new(options.scratch.folder.clone()),
            combiners: Mutex::default(),
        }
    }

    /// Returns the input files and folders of `job` on this machine.
    pub(super) fn inputs(&self, job: &SharedJob) -> &[PathBuf] {
        self.paths_of(job).map_or(&[], |paths| &paths.inputs)
    }

    /// Returns the output path of `job` on this machine. Part files go into a sibling folder.
    pub(super) fn output(&self, job: &SharedJob) -> &Path {
        self.paths_of(job)
            .map_or(Path::new(""), |paths| &paths.output)
    }

    /// Returns the code of `job`, and the context of an attempt.
    ///
    /// # Errors
    /// This worker does not know the step or the job, or does not allow the job to run commands.
    pub(super) fn prepare(
        &self,
        job: &SharedJob,
        claim: &Claim,
        files: &FilesInUse,
        cancelled: &Arc<AtomicBool>,
    ) -> Result<(Arc<dyn JobCode>, TaskContext), JobError> {
        let spec = &job.spec;
        if self.paths_of(job).is_none() {
            return Err(JobError::permanent(
                "unknown step of the job; give workers and master the same job.file",
            ));
        }
        let code = self.registry.get(&spec.name).map_err(|error| {
            JobError::permanent(format!(
                "{error}: this worker and the master are different programs; run the same build of both"
            ))
        })?;
        if code.runs_commands() && !self.commands {
            return Err(JobError::permanent(format!(
                "job {} runs commands, which this worker does not allow; set worker.commands=true to allow them",
                spec.name
            )));
        }
        let context = TaskContext {
            job: spec.name.clone(),
            job_id: job.job.id.to_string(),
            params: spec.params.clone(),
            tokenizer: spec.tokenizer,
            task: claim.task.index.0,
            attempt: claim.deliveries,
            reduces: spec.reduces,
            input_names: spec.input_names.clone(),
            schema: spec.shape.schema(),
            result_is_table: spec.shape.is_table(),
            files: files.as_ref().map(|folder| folder.files()),
            temp_folder: self.scratch.folder.clone(),
            cancelled: cancelled.clone(),
            ..TaskContext::default()
        };
        Ok((code, context))
    }

    /// Takes an unused combiner, or creates one.
    pub(super) fn take_combiner(&self) -> CountCollector {
        let unused = self
            .combiners
            .lock()
            .expect("no panic under the lock")
            .pop();
        unused.unwrap_or_else(|| CountCollector::new(self.scratch.clone()))
    }

    pub(super) fn put_combiner_back(&self, combiner: CountCollector) {
        let mut unused = self.combiners.lock().expect("no panic under the lock");
        unused.push(combiner);
    }

    /// Frees the unused combiners. Reduce attempts call it, because all map tasks are done by then.
    pub(super) fn free_combiners(&self) {
        self.combiners
            .lock()
            .expect("no panic under the lock")
            .clear();
    }

    /// Returns the paths of `job`, or `None` if it is a step that the settings of this worker lack.
    fn paths_of(&self, job: &SharedJob) -> Option<&StepPaths> {
        let step = job.spec.step.map_or(0, |step| step.index as usize);
        self.paths.get(step)
    }
}
