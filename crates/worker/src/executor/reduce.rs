//! Reduce attempts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mapreduce_core::Reduction;
use mapreduce_core::TaskIndex;
use mapreduce_shuffle::{BlobKind, RunSection, ShuffleError};
use store::blobs::sections::store_error;
use store::{
    BlobId, BlobStore, Claim, FoundSection, LostBlob, SectionError, StoreResult, StoredOutput,
    TaskStore, find_sections, open_sections, run_blocking,
};
use tokio::time::{Instant, sleep};

use super::failure::{permanent_failure, transient_failure};
use super::job_files::FilesInUse;
use super::partition::PartitionRun;
use super::reduce_error::ReduceError;
use super::state::Executor;
use crate::core::{AttemptOutcome, LostRun, SharedJob};

/// Longest wait for a run that is being written again. The wait occupies a slot that the map task may need.
const RUNS_TIMEOUT: Duration = Duration::from_secs(1);
/// First pause between two queries for the runs. Each pause is twice as long as the one before, because a query reads
/// the outputs of all map tasks.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    /// Reduces `partition`: finds its section in every run, merges the sections, and returns the partition result or
    /// writes the part file.
    ///
    /// # Errors
    /// Errors of the stores. The attempt may be retried.
    pub(super) async fn reduce(
        &self,
        job: &SharedJob,
        claim: &Claim,
        files: &FilesInUse,
        partition: u32,
        cancelled: Arc<AtomicBool>,
    ) -> StoreResult<AttemptOutcome> {
        self.environment.free_combiners();
        let Some(runs) = self.runs(job, claim, &cancelled).await? else {
            return Ok(AttemptOutcome::NotReady);
        };
        let id = &job.job.id;
        let kind = match job.spec.shape.reduction {
            Reduction::Sum => BlobKind::Run,
            Reduction::Groups => BlobKind::PairRun,
        };
        let found = match find_sections(&self.blobs, id, runs, kind, partition).await {
            Ok(found) => found,
            Err(SectionError::Store(error)) => return Err(error),
            Err(SectionError::Lost(lost)) => return Ok(runs_lost(lost)),
        };
        // The other half of the memory is for the merge.
        let read_at_once = self.environment.scratch.memory as u64 / 2;
        let sources = match open_sections(&self.blobs, id, &found, read_at_once).await {
            Ok(sources) => sources,
            Err(SectionError::Store(error)) => return Err(error),
            Err(SectionError::Lost(lost)) => return Ok(runs_lost(lost)),
        };
        let sections = found.iter().zip(sources).map(|(found, source)| RunSection {
            task: found.blob.task.0,
            entry: found.entry,
            source: Box::new(source),
        });
        let sections: Vec<_> = sections.collect();
        let run = PartitionRun {
            environment: self.environment.clone(),
            job: job.clone(),
            claim: claim.clone(),
            files: files.clone(),
            partition,
            cancelled,
        };
        let task = claim.task.index;
        match run_blocking(move || run.reduce(sections)).await {
            Ok(Ok((output, counters))) => Ok(AttemptOutcome::Succeeded {
                output,
                counters,
                bad_records: None,
            }),
            Ok(Err(error)) => reduce_failure(task, error, &found),
            Err(panic) => Ok(transient_failure(format!(
                "task {task}: the reducer panicked: {panic}"
            ))),
        }
    }

    /// Returns the runs of all map tasks, or `None` if some of them are being written again and take too long.
    async fn runs(
        &self,
        job: &SharedJob,
        claim: &Claim,
        cancelled: &AtomicBool,
    ) -> StoreResult<Option<Vec<BlobId>>> {
        // A first delivery does not wait: the map task that writes a run again is behind this task in the stream, and
        // needs a slot. Once given back, this task is behind the map task, and waits.
        let wait = if claim.repeated {
            RUNS_TIMEOUT
        } else {
            Duration::ZERO
        };
        let end = Instant::now() + wait;
        let mut pause = FIRST_PAUSE;
        loop {
            let outputs = self.store.outputs(&job.job, 0..job.maps).await?;
            let run = |(task, stored): (usize, Option<StoredOutput>)| {
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
            sleep(pause).await;
            pause *= 2;
        }
    }
}

/// Returns the outcome of an attempt that ended with `error`.
///
/// # Errors
/// The error of the store, if a section cannot be read because of it. The task is not at fault.
fn reduce_failure(
    task: TaskIndex,
    error: ReduceError,
    found: &[FoundSection],
) -> StoreResult<AttemptOutcome> {
    let reason = format!("task {task}: {error}");
    Ok(match error {
        ReduceError::Job(error) if error.is_permanent() => permanent_failure(reason),
        ReduceError::Shuffle(ShuffleError::Cancelled) => AttemptOutcome::Cancelled,
        ReduceError::Shuffle(ShuffleError::Lost { section, what }) => match found.get(section) {
            Some(found) => runs_lost(vec![LostBlob {
                blob: found.blob.clone(),
                what,
            }]),
            None => transient_failure(reason),
        },
        ReduceError::Shuffle(ShuffleError::Io(error)) => match store_error(&error) {
            Some(error) => return Err(error),
            None => transient_failure(format!("{reason} (local files: worker.temp_folder)")),
        },
        ReduceError::Job(_) | ReduceError::Shuffle(_) | ReduceError::PartFile(_) => {
            transient_failure(reason)
        }
    })
}

/// Returns the outcome of an attempt that found lost runs. Their map tasks are rerun.
fn runs_lost(lost: Vec<LostBlob>) -> AttemptOutcome {
    let run = |lost: LostBlob| LostRun {
        task: lost.blob.task,
        reason: format!(
            "the run of task {} was lost repeatedly: {}; use the same shuffle.store for all workers, and make sure \
             that no other program deletes its content",
            lost.blob.task, lost.what
        ),
        attempt: lost.blob.attempt,
    };
    AttemptOutcome::RunsLost(lost.into_iter().map(run).collect())
}
