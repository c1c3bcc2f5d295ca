//! What attempts work with.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use mapreduce::job::{Job as JobCode, TaskContext};
use mapreduce::shuffle::{Combiner, Scratch};
use mapreduce::{JobError, Registry, WorkerName};
use store::Claim;
use xxhash_rust::xxh3::xxh3_64;

use super::files::{Files, InUse};
use crate::core::Job;
use crate::{Options, Place};

/// What attempts work with: where the input is, memory, tables that were used before.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) name: WorkerName,
    places: Vec<Place>,
    pub(super) scratch: Scratch,
    /// After how many attempts a task is given up.
    pub(super) max_attempts: u32,
    registry: Registry,
    commands: bool,
    /// The files that came with the job.
    pub(super) files: Files,
    /// Combiners that no attempt uses now: one for each slot after a while.
    combiners: Mutex<Vec<Combiner>>,
}

impl Bench {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            name: options.name.clone(),
            places: options.places.clone(),
            scratch: options.scratch.clone(),
            max_attempts: options.limits.max_attempts,
            registry: options.registry.clone(),
            commands: options.commands,
            files: Files::new(options.scratch.folder.clone()),
            combiners: Mutex::default(),
        }
    }

    /// Where this machine has the input and the output of `job`; `None` for a step that is not known here.
    fn place(&self, job: &Job) -> Option<&Place> {
        let nth = job.spec.step.map_or(0, |step| step.nth as usize);
        self.places.get(nth)
    }

    /// The input files and folders of `job`, as this machine sees them.
    pub(super) fn inputs(&self, job: &Job) -> &[PathBuf] {
        self.place(job).map_or(&[], |place| &place.inputs)
    }

    /// The output of `job` as this machine sees it: the folder that gets part files, if it writes such.
    pub(super) fn output(&self, job: &Job) -> &Path {
        self.place(job).map_or(Path::new(""), |place| &place.output)
    }

    /// The code of `job`, and what the attempt of `claim` at it is to know.
    pub(super) fn begin(
        &self,
        job: &Job,
        claim: &Claim,
        files: &InUse,
        cancelled: &Arc<AtomicBool>,
    ) -> Result<(Arc<dyn JobCode>, TaskContext), JobError> {
        let spec = &job.spec;
        if self.place(job).is_none() {
            return Err(JobError::hopeless(
                "this step of the job is not known here: give workers the same job.file as the master",
            ));
        }
        let code = self.registry.get(&spec.name).map_err(|error| {
            JobError::hopeless(format!(
                "{error}: this worker is another program than the master; run those of the same build"
            ))
        })?;
        if code.runs_commands() && !self.commands {
            return Err(JobError::hopeless(format!(
                "the job {} runs commands, and this worker runs none (worker.commands=false)",
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
            files: files.as_ref().map(|folder| folder.files()),
            temp_folder: self.scratch.folder.clone(),
            cancelled: cancelled.clone(),
            ..TaskContext::default()
        };
        Ok((code, context))
    }

    pub(super) fn combiner(&self) -> Combiner {
        let kept = self
            .combiners
            .lock()
            .expect("no panic under the lock")
            .pop();
        kept.unwrap_or_else(|| Combiner::new(self.scratch.clone()))
    }

    pub(super) fn put_back(&self, combiner: Combiner) {
        let mut kept = self.combiners.lock().expect("no panic under the lock");
        kept.push(combiner);
    }

    /// Gives the memory of unused tables back: the map tasks are over.
    pub(super) fn clear_up(&self) {
        self.combiners
            .lock()
            .expect("no panic under the lock")
            .clear();
    }
}

/// A name for what the attempt of this claim writes, which no other attempt of its task has: workers'
/// names are unique, and a worker gets each delivery once.
pub(super) fn attempt_name(worker: &WorkerName, claim: &Claim) -> String {
    let who = xxh3_64(worker.as_str().as_bytes());
    format!("{}.{}.{who:016x}", claim.task.entry, claim.deliveries)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mapreduce::TaskIndex;
    use store::TaskRef;

    use super::*;

    #[test]
    fn no_two_attempts_have_one_name() {
        let mut names = BTreeSet::new();
        for worker in ["a", "b"] {
            let worker = WorkerName::new(worker);
            for (entry, deliveries) in [("1-1", 1), ("1-1", 2), ("2-1", 1), ("1-11", 1)] {
                let claim = Claim {
                    task: TaskRef {
                        index: TaskIndex(0),
                        entry: entry.to_owned(),
                    },
                    payload: Ok(Arc::new(mapreduce::Task::Reduce(0))),
                    deliveries,
                    repeated: false,
                };
                assert!(names.insert(attempt_name(&worker, &claim)), "{names:?}");
            }
        }
    }
}
