//! Map attempts.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use mapreduce::counters::LARGEST;
use mapreduce::job::{
    CounterSet, Job as JobCode, MapSink, MapTask, Partitioning, Reduction, TaskContext,
};
use mapreduce::reader::Selection;
use mapreduce::shuffle::{
    CollectOptions, Combiner, PairCollector, PartitionBy, ShuffleError, Spooled, WrittenBlob,
};
use mapreduce::{Aggregate, Counters, JobError, MapAttempt, MapError, Mapped, Split};
use store::{Blob, Claim, Stored};
use tokio::time::Instant;
use tracing::warn;

use super::files::InUse;
use super::{Bench, attempt_name};
use crate::core::{AttemptOutcome, Job, Output};

/// Maps `split` and packs what comes of it as the job wants it. CPU-bound.
pub(super) fn map(
    bench: &Bench,
    job: &Job,
    claim: &Claim,
    files: &InUse,
    split: Split,
    cancelled: &Arc<AtomicBool>,
) -> AttemptOutcome {
    let begun = bench.begin(job, claim, files, cancelled);
    let outcome = begun.map_err(of_job).and_then(|(code, mut context)| {
        context.split = Some(split);
        let mut attempt = Attempt {
            bench,
            job,
            claim,
            code,
            context,
        };
        attempt.context.path = attempt.mapping().path()?;
        let start = Instant::now();
        match attempt.run(None) {
            Ok((output, counters)) => Ok(AttemptOutcome::Output(output, counters, None)),
            Err(error) if attempt.may_blame_a_record(&error) => {
                attempt.leave_out_bad_records(error, start.elapsed())
            }
            Err(error) => Err(error),
        }
    });
    match outcome {
        Ok(outcome) => outcome,
        Err(MapError::Cancelled) => AttemptOutcome::Cancelled,
        Err(error) => AttemptOutcome::Failed {
            reason: error.to_string(),
            hopeless: error.is_final(),
        },
    }
}

/// Some of a split's records, or all.
type Only<'a> = Option<&'a Arc<Selection>>;

/// An attempt at a map task.
pub(super) struct Attempt<'a> {
    pub(super) bench: &'a Bench,
    pub(super) job: &'a Job,
    pub(super) claim: &'a Claim,
    pub(super) code: Arc<dyn JobCode>,
    pub(super) context: TaskContext,
}

impl Attempt<'_> {
    /// Maps all records, or those of `only`.
    pub(super) fn run(&self, only: Only<'_>) -> Result<(Output, Counters), MapError> {
        let context = self.fresh_context();
        let (output, mapped) = match self.job.spec.shape.reduction {
            Reduction::Sum => {
                let mut combiner = self.bench.combiner();
                let outcome = self.sum(&context, only, &mut combiner);
                // A combiner of a failed attempt may be half full.
                combiner.clear();
                self.bench.put_back(combiner);
                outcome?
            }
            Reduction::Groups => self.gather(&context, only)?,
        };
        if let Some(place) = mapped.first_short {
            let records = mapped.counters.short_records;
            warn!(
                records,
                first = place,
                "records with fewer cells than the header"
            );
        }
        let counters = Counters {
            own: context.counted().map_err(of_job)?,
            ..mapped.counters
        };
        if counters.emitted > LARGEST {
            return Err(of_job(JobError::hopeless(format!(
                "{}: the counts of this split add up to {}, which is beyond 2^53, the most that is counted",
                self.context.path.display(),
                counters.emitted
            ))));
        }
        Ok((output, counters))
    }

    /// What is counted in one run over the records does not count in the next.
    pub(super) fn fresh_context(&self) -> TaskContext {
        TaskContext {
            counters: CounterSet::default(),
            ..self.context.clone()
        }
    }

    pub(super) fn mapping(&self) -> MapAttempt<'_> {
        MapAttempt {
            inputs: self.bench.inputs(self.job),
            split: self.context.split.as_ref().expect("set before"),
            spec: &self.job.spec,
            cancelled: &self.context.cancelled,
        }
    }

    fn read(
        &self,
        only: Only<'_>,
        task: &mut dyn MapTask,
        sink: &mut MapSink<'_>,
    ) -> Result<Mapped, MapError> {
        match only {
            None => self.mapping().run(task, sink),
            Some(only) => self.mapping().run_only(only, task, sink),
        }
    }

    /// Adds counts up.
    fn sum(
        &self,
        context: &TaskContext,
        only: Only<'_>,
        combiner: &mut Combiner,
    ) -> Result<(Output, Mapped), MapError> {
        let (spec, cancelled) = (&self.job.spec, &context.cancelled);
        let mut task = self.code.mapper(context).map_err(of_job)?;
        let mapped = self.read(only, &mut *task, &mut MapSink::counts(combiner))?;
        if spec.aggregate == Aggregate::Live {
            let pairs = combiner.finish_pairs(cancelled).map_err(kept)?;
            return Ok((Output::Counts(pairs.into()), mapped));
        }
        let task = self.claim.task.index.0;
        let run = combiner.finish_run(task, spec.reduces, spec.compress, cancelled);
        Ok((self.stored(run.map_err(kept)?), mapped))
    }

    /// Gathers keys and values.
    fn gather(&self, context: &TaskContext, only: Only<'_>) -> Result<(Output, Mapped), MapError> {
        let (spec, cancelled) = (&self.job.spec, &context.cancelled);
        let mut task = self.code.mapper(context).map_err(of_job)?;
        let options = CollectOptions {
            partition: self.partition_by()?,
            sort_values: spec.shape.sort_values,
            compress: spec.compress,
        };
        let mut pairs = PairCollector::new(self.bench.scratch.clone(), options);
        if spec.shape.combine
            && let Some(combiner) = self.code.combiner(context).map_err(of_job)?
        {
            pairs = pairs.with_combiner(combiner);
        }
        let mut sink = MapSink::pairs(&mut pairs);
        let mapped = self.read(only, &mut *task, &mut sink)?;
        let index = self.claim.task.index.0;
        let run = pairs.finish_run(index, None, cancelled);
        let run = run.map_err(kept)?.map_err(of_job)?;
        Ok((self.stored(run), mapped))
    }

    fn partition_by(&self) -> Result<PartitionBy, MapError> {
        let (spec, task) = (&self.job.spec, self.claim.task.index.0);
        Ok(match spec.shape.partitioning {
            Partitioning::Hash => PartitionBy::Hash(spec.reduces),
            Partitioning::Range => PartitionBy::Range(spec.range_bounds().map_err(of_job)?),
            Partitioning::Input => PartitionBy::Only {
                partition: (u64::from(task) * u64::from(spec.reduces)
                    / u64::from(self.job.maps.max(1))) as u32,
                of: spec.reduces,
            },
            Partitioning::Custom => PartitionBy::Custom(
                mapreduce::job::partition_fn(self.code.clone()),
                spec.reduces,
            ),
        })
    }

    fn stored(&self, run: WrittenBlob) -> Output {
        let stored = Stored {
            attempt: attempt_name(&self.bench.name, self.claim),
            bytes: run.bytes.len(),
            records: run.records,
            sum: run.sum,
        };
        match run.records {
            0 => Output::Ready(stored),
            _ => Output::Blob(stored, blob(run.bytes)),
        }
    }
}

fn kept(error: ShuffleError) -> MapError {
    match error {
        ShuffleError::Cancelled => MapError::Cancelled,
        error => MapError::Spill(error),
    }
}

pub(super) fn of_job(error: JobError) -> MapError {
    MapError::Code(error)
}

/// What an attempt wrote, as something to be stored.
pub(super) fn blob(bytes: Spooled) -> Blob {
    match bytes {
        Spooled::Memory(bytes) => Blob::Memory(bytes),
        Spooled::File(path, len) => Blob::File(path.into(), len),
    }
}
