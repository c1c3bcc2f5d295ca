//! Map attempts.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use mapreduce_core::counters::MAX_COUNTER;
use mapreduce_core::{Aggregate, Counters, JobError, Split};
use mapreduce_core::{Partitioning, Reduction};
use mapreduce_formats::reader::Selection;
use mapreduce_job::map::{FoundDefect, MapAttempt, MapError, MapOutcome};
use mapreduce_job::{CounterSet, Job as JobCode, MapSink, MapTask, TaskContext};
use mapreduce_shuffle::{
    CollectOptions, CountCollector, PairCollector, PairError, PartitionBy, ShuffleError,
    WrittenBlob,
};
use store::{Claim, StoredOutput};
use tokio::time::Instant;
use tracing::warn;

use super::attempt_name::attempt_name;
use super::blob::spooled_blob;
use super::failure::{permanent_failure, transient_failure};
use super::job_files::FilesInUse;
use super::task_environment::TaskEnvironment;
use crate::core::{AttemptOutcome, AttemptOutput, SharedJob};

/// Maps `split`, and packs the output. CPU-bound.
pub(super) fn map(
    environment: &TaskEnvironment,
    job: &SharedJob,
    claim: &Claim,
    files: &FilesInUse,
    split: Split,
    cancelled: &Arc<AtomicBool>,
) -> AttemptOutcome {
    let prepared = environment.prepare(job, claim, files, cancelled);
    let outcome = prepared.map_err(from_code).and_then(|(code, mut context)| {
        context.split = Some(split);
        let run = MapRun {
            environment,
            job,
            claim,
            code,
            context,
        };
        run.attempt()
    });
    match outcome {
        Ok(outcome) => outcome,
        Err(MapError::Cancelled) => AttemptOutcome::Cancelled,
        Err(error) if error.is_permanent() => permanent_failure(error.to_string()),
        Err(error) => transient_failure(error.to_string()),
    }
}

/// Selection of a split's records, or `None` for all of them.
type Only<'a> = Option<&'a Arc<Selection>>;

/// An attempt at a map task. It may map the split several times, to find bad records.
pub(super) struct MapRun<'a> {
    pub(super) environment: &'a TaskEnvironment,
    pub(super) job: &'a SharedJob,
    pub(super) claim: &'a Claim,
    pub(super) code: Arc<dyn JobCode>,
    pub(super) context: TaskContext,
}

impl MapRun<'_> {
    fn attempt(mut self) -> Result<AttemptOutcome, MapError> {
        self.context.path = self.mapping().path()?;
        let start = Instant::now();
        match self.run(None) {
            Ok((output, counters)) => Ok(AttemptOutcome::Succeeded {
                output,
                counters,
                bad_records: None,
            }),
            Err(error) if self.should_search(&error) => {
                self.skip_bad_records(error, start.elapsed())
            }
            Err(error) => Err(error),
        }
    }

    /// Maps all records, or those of `only`.
    pub(super) fn run(&self, only: Only<'_>) -> Result<(AttemptOutput, Counters), MapError> {
        let context = self.fresh_context();
        let (output, mapped) = match self.job.spec.shape.reduction {
            Reduction::Sum => {
                let mut combiner = self.environment.take_combiner();
                let outcome = self.sum(&context, only, &mut combiner);
                // The combiner of a failed attempt still contains counts.
                combiner.clear();
                self.environment.put_combiner_back(combiner);
                outcome?
            }
            Reduction::Groups => self.collect(&context, only)?,
        };
        for FoundDefect {
            defect,
            records,
            first,
        } in mapped.defects
        {
            warn!(%defect, records, first, "found defective records");
        }
        let mut counters = mapped.counters;
        counters
            .custom
            .extend(context.counter_values().map_err(from_code)?);
        if counters.emitted > MAX_COUNTER {
            return Err(from_code(JobError::permanent(format!(
                "{}: the counts of this split add up to {}, which exceeds 2^53",
                self.context.path.display(),
                counters.emitted
            ))));
        }
        Ok((output, counters))
    }

    /// Returns a context with counters of zero, so that each run over the records counts separately.
    pub(super) fn fresh_context(&self) -> TaskContext {
        TaskContext {
            counters: CounterSet::default(),
            ..self.context.clone()
        }
    }

    pub(super) fn mapping(&self) -> MapAttempt<'_> {
        MapAttempt {
            inputs: self.environment.inputs(self.job),
            split: self.context.split.as_ref().expect("set by `map`"),
            spec: &self.job.spec,
            cancelled: &self.context.cancelled,
        }
    }

    fn read(
        &self,
        only: Only<'_>,
        task: &mut dyn MapTask,
        sink: &mut MapSink<'_>,
    ) -> Result<MapOutcome, MapError> {
        match only {
            None => self.mapping().run(task, sink),
            Some(only) => self.mapping().run_only(only, task, sink),
        }
    }

    /// Maps records to counts, and adds up the counts of each key.
    fn sum(
        &self,
        context: &TaskContext,
        only: Only<'_>,
        combiner: &mut CountCollector,
    ) -> Result<(AttemptOutput, MapOutcome), MapError> {
        let (spec, cancelled) = (&self.job.spec, &context.cancelled);
        let mut task = self.code.mapper(context).map_err(from_code)?;
        let mapped = self.read(only, &mut *task, &mut MapSink::counts(combiner))?;
        if spec.aggregate == Aggregate::Live {
            let pairs = combiner.finish_pairs(cancelled).map_err(from_shuffle)?;
            return Ok((AttemptOutput::Counts(pairs.into()), mapped));
        }
        let task = self.claim.task.index.0;
        let run = combiner.finish_run(task, spec.reduces, spec.compress, cancelled);
        Ok((self.run_output(run.map_err(from_shuffle)?), mapped))
    }

    /// Maps records to pairs of key and value, and sorts the pairs.
    fn collect(
        &self,
        context: &TaskContext,
        only: Only<'_>,
    ) -> Result<(AttemptOutput, MapOutcome), MapError> {
        let (spec, cancelled) = (&self.job.spec, &context.cancelled);
        let mut task = self.code.mapper(context).map_err(from_code)?;
        let options = CollectOptions {
            partition: self.partition_by()?,
            sort_values: spec.shape.sort_values,
            compress: spec.compress,
        };
        let mut pairs = PairCollector::new(self.environment.scratch.clone(), options);
        if spec.shape.has_combiner
            && let Some(combiner) = self.code.combiner(context).map_err(from_code)?
        {
            pairs = pairs.with_combiner(combiner);
        }
        let mut sink = MapSink::pairs(&mut pairs);
        let mapped = self.read(only, &mut *task, &mut sink)?;
        let index = self.claim.task.index.0;
        let run = pairs.finish_run(index, None, cancelled);
        Ok((self.run_output(run.map_err(from_pairs)?), mapped))
    }

    fn partition_by(&self) -> Result<PartitionBy, MapError> {
        let (spec, task) = (&self.job.spec, self.claim.task.index.0);
        Ok(match spec.shape.partitioning {
            Partitioning::Hash => PartitionBy::Hash(spec.reduces),
            Partitioning::Range => PartitionBy::Range(spec.range_bounds().map_err(from_code)?),
            // Map tasks are spread evenly over the partitions, in the order of the input.
            Partitioning::Input => PartitionBy::Only {
                partition: (u64::from(task) * u64::from(spec.reduces)
                    / u64::from(self.job.maps.max(1))) as u32,
                of: spec.reduces,
            },
            Partitioning::Custom => {
                PartitionBy::Custom(mapreduce_job::partition_fn(self.code.clone()), spec.reduces)
            }
        })
    }

    fn run_output(&self, run: WrittenBlob) -> AttemptOutput {
        let stored = StoredOutput {
            attempt: attempt_name(&self.environment.name, self.claim),
            bytes: run.bytes.len(),
            records: run.records,
            sum: run.sum,
        };
        match run.records {
            // An empty run is not stored. The commit records that it is empty.
            0 => AttemptOutput::Ready(stored),
            _ => AttemptOutput::Blob(stored, spooled_blob(run.bytes)),
        }
    }
}

fn from_shuffle(error: ShuffleError) -> MapError {
    match error {
        ShuffleError::Cancelled => MapError::Cancelled,
        error => MapError::Spill(error),
    }
}

fn from_pairs(error: PairError) -> MapError {
    match error {
        PairError::Job(error) => from_code(error),
        PairError::Shuffle(error) => from_shuffle(error),
    }
}

pub(super) fn from_code(error: JobError) -> MapError {
    MapError::Code(error)
}
