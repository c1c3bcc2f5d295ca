//! Reduce attempts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mapreduce::job::{Order, Reduction};
use mapreduce::output::RowLayout;
use mapreduce::shuffle::{
    BlobKind, PairReduce, ReduceTask, RowSink, RowSinkOptions, RunSection, ShuffleError,
};
use mapreduce::{Counters, JobError, PartFiles, TaskIndex};
use store::blobs::sections::store_error;
use store::off_thread;
use store::{
    BlobId, BlobStore, Claim, LostBlob, StoreResult, Stored, TaskStore, find_sections,
    open_sections,
};
use tokio::time::{Instant, sleep};
use tracing::debug;

use super::files::InUse;
use super::map::blob;
use super::part_file::{PartFileError, PartFolder};
use super::{Bench, Hands, attempt_name};
use crate::core::{AttemptOutcome, Job, LostRun, Output};

/// Longest wait for a run that is being made again: it keeps a slot, which the map task may need.
const WAIT: Duration = Duration::from_secs(1);
/// First pause between looks for it; each is twice as long as the one before, for a look reads what all map tasks gave.
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
        files: &InUse,
        partition: u32,
        cancelled: Arc<AtomicBool>,
    ) -> StoreResult<AttemptOutcome> {
        self.bench.clear_up();
        let Some(runs) = self.runs(job, claim, &cancelled).await? else {
            return Ok(AttemptOutcome::NotReady);
        };
        let id = &job.job.id;
        let kind = match job.spec.shape.reduction {
            Reduction::Sum => BlobKind::Run,
            Reduction::Groups => BlobKind::PairRun,
        };
        let found = find_sections(&self.blobs, id, runs, kind, partition).await?;
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
        let files = files.clone();
        let reducing = off_thread(move || {
            output(
                &bench, &of, &claimed, &files, partition, sections, &cancelled,
            )
        });
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
            Ok(Ok((output, counters))) => AttemptOutcome::Output(output, counters, None),
            Ok(Err(error)) => AttemptOutcome::Failed {
                reason: format!("task {}: {error}", claim.task.index),
                hopeless: error.is_final(),
            },
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
        let mut pause = LOOK_AGAIN;
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
            sleep(pause).await;
            pause *= 2;
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

/// What a reduce attempt gives. The inner error is the job's own.
type Outcome = Result<Result<(Output, Counters), JobError>, ShuffleError>;

/// Reduces the sections of `partition`, and packs what comes of it for the master or writes the part file. CPU-bound.
fn output(
    bench: &Bench,
    job: &Job,
    claim: &Claim,
    files: &InUse,
    partition: u32,
    sections: Vec<RunSection>,
    cancelled: &Arc<AtomicBool>,
) -> Outcome {
    match job.spec.shape.reduction {
        Reduction::Sum => sum(bench, job, claim, partition, sections, cancelled),
        Reduction::Groups => {
            reduce_groups(bench, job, claim, files, partition, sections, cancelled)
        }
    }
}

fn sum(
    bench: &Bench,
    job: &Job,
    claim: &Claim,
    partition: u32,
    sections: Vec<RunSection>,
    cancelled: &AtomicBool,
) -> Outcome {
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
        let folder = PartFolder::new(bench.output(job), &job.job, folder);
        let (records, sum) = (merged.keys, merged.sum);
        let layout = RowLayout::counts(*format);
        let bytes = folder.write(partition, &attempt, layout, |writer| {
            merged
                .rows
                .each_sorted(cancelled, |key, count| Ok(writer.push(key, count)?))
        })?;
        let stored = Stored {
            attempt,
            bytes,
            records,
            sum,
        };
        return Ok(Ok((Output::Ready(stored), Counters::default())));
    }
    let reduced = task.pack(merged)?;
    let stored = Stored {
        attempt,
        bytes: reduced.part.bytes.len(),
        records: reduced.keys,
        sum: reduced.sum,
    };
    let output = Output::Blob(stored, blob(reduced.part.bytes));
    Ok(Ok((output, Counters::default())))
}

fn reduce_groups(
    bench: &Bench,
    job: &Job,
    claim: &Claim,
    files: &InUse,
    partition: u32,
    sections: Vec<RunSection>,
    cancelled: &Arc<AtomicBool>,
) -> Outcome {
    let shape = &job.spec.shape;
    let begun = bench
        .begin(job, claim, files, cancelled)
        .and_then(|(code, mut context)| {
            context.partition = partition;
            Ok((code.reducer(&context)?, context))
        });
    let (mut reducer, context) = match begun {
        Ok(begun) => begun,
        Err(error) => return Ok(Err(error)),
    };
    let task = PairReduce {
        partition,
        sort_values: shape.sort_values,
        scratch: &bench.scratch,
        cancelled,
    };
    let options = RowSinkOptions {
        sorted: shape.order == Order::Key,
        outputs: 1 + shape.outputs.len() as u32,
        compress: job.spec.compress,
    };
    let mut sink = RowSink::new(&bench.scratch, options).of_task(claim.task.index.0);
    let reduced = match task.run(sections, &mut *reducer, &mut sink)? {
        Ok(reduced) => reduced,
        Err(error) => return Ok(Err(error)),
    };
    let own = match context.counted() {
        Ok(own) => own,
        Err(error) => return Ok(Err(error)),
    };
    let counters = Counters {
        own,
        ..Counters::default()
    };
    let mut rows = sink.finish(cancelled)?;
    let attempt = attempt_name(&bench.name, claim);
    let (records, sum) = (rows.rows(), reduced.pairs);
    if let Some(PartFiles { format, folder }) = &job.spec.part_files {
        let folder = PartFolder::new(bench.output(job), &job.job, folder);
        let layout = RowLayout::new(*format, shape);
        let bytes = folder.write(partition, &attempt, layout, |writer| {
            rows.each(0, cancelled, &mut |row| {
                Ok(writer.push_text(row.key, row.value)?)
            })
        })?;
        let stored = Stored {
            attempt,
            bytes,
            records,
            sum,
        };
        return Ok(Ok((Output::Ready(stored), counters)));
    }
    let part = rows.pack(claim.task.index.0, cancelled)?;
    let stored = Stored {
        attempt,
        bytes: part.bytes.len(),
        records,
        sum,
    };
    Ok(Ok((Output::Blob(stored, blob(part.bytes)), counters)))
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
