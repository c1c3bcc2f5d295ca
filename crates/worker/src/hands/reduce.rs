//! Reduce attempts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mapreduce::shuffle::{BlobKind, ReduceTask, RunSection, ShuffleError};
use mapreduce::{Counters, PartFiles, TaskIndex};
use store::blobs::sections::store_error;
use store::{
    BlobId, BlobStore, Claim, LostBlob, StoreResult, Stored, TaskStore, find_sections,
    open_sections,
};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tracing::debug;

use super::map::blob;
use super::part_file::{PartFileError, PartFolder};
use super::{Bench, Hands, attempt_name};
use crate::core::{AttemptOutcome, Job, LostRun, Output};

/// Longest wait for a run that is being made again: it keeps a slot, which the map task may need.
const WAIT: Duration = Duration::from_millis(100);
/// Pause between looks for it.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

impl<S: TaskStore, B: BlobStore> Hands<S, B> {
    /// Reduces `partition`: finds its section in every run, merges them, packs the part or writes its file.
    ///
    /// # Errors
    /// Those of the stores; the attempt is tried again.
    pub(super) async fn reduce(
        &self,
        job: &Job,
        claim: &Claim,
        partition: u32,
        cancelled: Arc<AtomicBool>,
    ) -> StoreResult<AttemptOutcome> {
        self.bench.clear_up();
        let Some(runs) = self.runs(job, claim, &cancelled).await? else {
            return Ok(AttemptOutcome::NotReady);
        };
        let id = &job.job.id;
        let found = find_sections(&self.blobs, id, runs, BlobKind::Run, partition).await?;
        let found = match found {
            Ok(found) => found,
            Err(lost) => return Ok(again(lost)),
        };
        let at_once = self.bench.scratch.memory as u64 / 2;
        let sources = match open_sections(&self.blobs, id, &found, at_once).await? {
            Ok(sources) => sources,
            Err(lost) => return Ok(again(lost)),
        };
        let sections = found.iter().zip(sources).map(|(found, source)| RunSection {
            task: found.blob.task.0,
            entry: found.entry,
            source: Box::new(source),
        });
        let sections: Vec<_> = sections.collect();
        let (bench, of, claimed) = (self.bench.clone(), job.clone(), claim.clone());
        let reducing =
            spawn_blocking(move || output(&bench, &of, &claimed, partition, sections, &cancelled));
        let outcome = match reducing.await {
            Ok(outcome) => outcome,
            Err(panic) => {
                let task = claim.task.index;
                let reason = format!("task {task}: the reducer panicked: {panic}");
                let hopeless = false;
                return Ok(AttemptOutcome::Failed { reason, hopeless });
            }
        };
        Ok(match outcome {
            Ok(output) => AttemptOutcome::Output(output, Counters::default()),
            Err(ShuffleError::Cancelled) => AttemptOutcome::Cancelled,
            Err(ShuffleError::Lost { section, what }) => match found.get(section) {
                Some(found) => again(vec![LostBlob {
                    blob: found.blob.clone(),
                    what,
                }]),
                None => failed(claim, &what),
            },
            Err(ShuffleError::Io(error)) => {
                match (store_error(&error), PartFileError::of(&error)) {
                    // Not the task's fault.
                    (Some(error), _) => return Err(error),
                    (None, Some(error)) => failed(claim, &error.to_string()),
                    (None, None) => {
                        failed(claim, &format!("{error} (local files: worker.temp_folder)"))
                    }
                }
            }
            Err(error) => failed(claim, &error.to_string()),
        })
    }

    /// The runs of all map tasks; `None` if some are not there within a moment, because they are being
    /// made again.
    async fn runs(
        &self,
        job: &Job,
        claim: &Claim,
        cancelled: &AtomicBool,
    ) -> StoreResult<Option<Vec<BlobId>>> {
        // At first not at all: the map task that makes a run again stands behind this one in the stream, and
        // needs a slot. Given back, this one stands behind that.
        let wait = if claim.repeated { WAIT } else { Duration::ZERO };
        let end = Instant::now() + wait;
        loop {
            let outputs = self.store.outputs(&job.job, 0..job.maps).await?;
            let run = |(task, stored): (usize, Option<Stored>)| {
                let stored = stored?;
                // A run without records is not stored.
                Some((stored.records > 0).then_some(BlobId {
                    task: TaskIndex(task as u32),
                    attempt: stored.attempt,
                }))
            };
            let runs: Option<Vec<_>> = outputs.into_iter().enumerate().map(run).collect();
            if runs.is_some() || Instant::now() >= end || cancelled.load(Ordering::Relaxed) {
                return Ok(runs.map(|runs| runs.into_iter().flatten().collect()));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Has runs made again.
    pub(super) async fn reopen_runs(&self, job: &Job, runs: &[LostRun]) -> StoreResult<()> {
        for run in runs {
            let blame = store::Blame {
                reason: run.reason.clone(),
                max_attempts: self.options.limits.max_attempts,
            };
            let reply = self
                .store
                .reopen(&job.job, run.task, &run.attempt, &blame)
                .await?;
            debug!(job = %job.job.id, task = %run.task, attempt = run.attempt, ?reply, "reopened");
        }
        Ok(())
    }
}

/// Merges the sections of `partition`, and packs them for the master or writes the part file. CPU-bound.
fn output(
    bench: &Bench,
    job: &Job,
    claim: &Claim,
    partition: u32,
    sections: Vec<RunSection>,
    cancelled: &AtomicBool,
) -> Result<Output, ShuffleError> {
    let task = ReduceTask {
        task: claim.task.index.0,
        partition,
        partitions: job.spec.reduces,
        top: job.spec.top,
        compress: job.spec.compress,
        scratch: &bench.scratch,
        cancelled,
    };
    let merged = task.merge(sections)?;
    let attempt = attempt_name(&bench.name, claim);
    if let Some(PartFiles { format, folder }) = &job.spec.part_files {
        let folder = PartFolder::new(&bench.output, &job.job, folder);
        let stored = folder.write(merged, partition, attempt, *format, cancelled)?;
        return Ok(Output::Ready(stored));
    }
    let reduced = task.pack(merged)?;
    let stored = Stored {
        attempt,
        bytes: reduced.part.bytes.len(),
        records: reduced.keys,
        sum: reduced.sum,
    };
    Ok(Output::Blob(stored, blob(reduced.part.bytes)))
}

/// Runs are lost: their tasks must be done again.
fn again(lost: Vec<LostBlob>) -> AttemptOutcome {
    let run = |lost: LostBlob| LostRun {
        task: lost.blob.task,
        reason: format!(
            "the run of task {} was lost again and again: {}; see that all workers reach the same shuffle.store, \
             and that nothing else removes what is in it",
            lost.blob.task, lost.what
        ),
        attempt: lost.blob.attempt,
    };
    AttemptOutcome::Lost(lost.into_iter().map(run).collect())
}

fn failed(claim: &Claim, what: &str) -> AttemptOutcome {
    AttemptOutcome::Failed {
        reason: format!("task {}: {what}", claim.task.index),
        hopeless: false,
    }
}
