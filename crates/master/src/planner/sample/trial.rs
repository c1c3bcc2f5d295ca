//! A trial: the run of a job on a sample.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use mapreduce_core::Reduction;
use mapreduce_core::{JobSpec, Split};
use mapreduce_job::map::MapAttempt;
use mapreduce_job::{Job, MapSink, TaskContext};
use mapreduce_shuffle::{
    CollectOptions, CountCollector, PairCollector, PairError, PartitionBy, Scratch, WrittenBlob,
};

use crate::planner::shuffle_estimate::Observation;

/// Memory of a trial, in bytes: enough to keep a sample without spilling to disk.
const MEMORY: usize = 64 << 20;
/// Bytes of a run without records: its header and one entry.
const EMPTY_RUN: u64 = 16 + 32;

/// A job that runs on samples of its input.
#[derive(Clone, Copy)]
pub(super) struct Trial<'a> {
    /// Inputs that the splits refer to.
    pub(super) inputs: &'a [PathBuf],
    /// Specification of the job.
    pub(super) spec: &'a JobSpec,
    /// Code of the job.
    pub(super) code: &'a dyn Job,
}

/// Outcome of counting a sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// Bytes of input and of records.
    pub(super) size: Observation,
    /// Number of records.
    pub(super) records: u64,
}

impl Trial<'_> {
    /// Runs the mapper and the combiner on `excerpts` and measures their output.
    pub(super) fn count(&self, excerpts: &[Split]) -> Counted {
        let scratch = Scratch {
            memory: MEMORY,
            folder: None,
        };
        let cancelled = AtomicBool::new(false);
        let run = match self.spec.shape.reduction {
            Reduction::Sum => {
                let mut combiner = CountCollector::new(scratch);
                for excerpt in excerpts {
                    self.map(excerpt, &mut MapSink::counts(&mut combiner));
                }
                let run = combiner.finish_run(0, 1, self.spec.compress, &cancelled);
                run.map_err(PairError::from)
            }
            Reduction::Groups => self.collect_pairs(scratch, excerpts, &cancelled),
        };
        let input = excerpts.iter().map(|split| split.end - split.start).sum();
        // A run that fails counts as empty, because an estimate must not fail the job.
        let (bytes, records) = run.map_or((0, 0), |run| (run.bytes.len(), run.records));
        Counted {
            size: Observation {
                input,
                records: bytes.saturating_sub(EMPTY_RUN),
            },
            records,
        }
    }

    fn collect_pairs(
        &self,
        scratch: Scratch,
        excerpts: &[Split],
        cancelled: &AtomicBool,
    ) -> Result<WrittenBlob, PairError> {
        let options = CollectOptions {
            partition: PartitionBy::Hash(1),
            sort_values: false,
            compress: self.spec.compress,
        };
        let mut pairs = PairCollector::new(scratch, options);
        for excerpt in excerpts {
            self.map(excerpt, &mut MapSink::pairs(&mut pairs));
        }
        if self.spec.shape.has_combiner
            && let Ok(Some(combiner)) = self.code.combiner(&self.context(None))
        {
            pairs = pairs.with_combiner(combiner);
        }
        pairs.finish_run(0, None, cancelled)
    }

    /// Maps an excerpt into `out`. Records before an error count, because nearly every excerpt ends inside a record.
    pub(super) fn map(&self, excerpt: &Split, out: &mut MapSink<'_>) {
        let spec = JobSpec {
            strict: false,
            ..self.spec.clone()
        };
        let attempt = MapAttempt {
            inputs: self.inputs,
            split: excerpt,
            spec: &spec,
            cancelled: &AtomicBool::new(false),
        };
        if let Ok(mut task) = self.code.mapper(&self.context(Some(excerpt))) {
            drop(attempt.run(&mut *task, out));
        }
    }

    fn context(&self, split: Option<&Split>) -> TaskContext {
        TaskContext {
            job: self.spec.name.clone(),
            params: self.spec.params.clone(),
            tokenizer: self.spec.tokenizer,
            reduces: self.spec.reduces,
            input_names: self.spec.input_names.clone(),
            schema: self.spec.shape.schema(),
            result_is_table: self.spec.shape.is_table(),
            split: split.cloned(),
            ..TaskContext::default()
        }
    }
}
