//! A running trial, and its map side.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use mapreduce_core::{JobError, JobSpec, Partitioning, Reduction, Shape, Split};
use mapreduce_shuffle::{
    CollectOptions, CombineTask, CountCollector, PairCollector, PartitionBy, Scratch, WrittenBlob,
};

use super::failure::{job_error, pair_error};
use super::outcome::TrialOutcome;
use crate::context::TaskContext;
use crate::map::MapAttempt;
use crate::registry::{Job, partition_fn};
use crate::task::MapSink;

/// Flag of attempts that are never cancelled.
pub(super) static NOT_CANCELLED: AtomicBool = AtomicBool::new(false);

/// A running trial.
pub(super) struct Running<'a> {
    pub(super) job: &'a Arc<dyn Job>,
    pub(super) spec: JobSpec,
    pub(super) roots: Vec<PathBuf>,
    pub(super) scratch: Scratch,
    pub(super) counters: BTreeMap<String, u64>,
}

impl Running<'_> {
    pub(super) fn run(&mut self, splits: &[Split]) -> Result<TrialOutcome, JobError> {
        let mut bounds = Arc::from([]);
        if self.spec.shape.partitioning == Partitioning::Range {
            bounds = self.bounds(splits)?;
            // Fewer distinct keys than reduce tasks give fewer ranges.
            self.spec.reduces = bounds.len() as u32 + 1;
        }
        let mut runs = Vec::new();
        for (task, split) in splits.iter().enumerate() {
            let blob = match self.spec.shape.reduction {
                Reduction::Sum => self.map_counts(task as u32, split)?,
                Reduction::Groups => {
                    let partition = match self.spec.shape.partitioning {
                        Partitioning::Hash => PartitionBy::Hash(self.spec.reduces),
                        Partitioning::Range => PartitionBy::Range(bounds.clone()),
                        Partitioning::Input => PartitionBy::Only {
                            partition: (task * self.spec.reduces as usize / splits.len()) as u32,
                            of: self.spec.reduces,
                        },
                        Partitioning::Custom => PartitionBy::Custom(
                            partition_fn(Arc::clone(self.job)),
                            self.spec.reduces,
                        ),
                    };
                    self.map_pairs(task as u32, split, partition)?
                }
            };
            runs.push(read_all(&blob)?);
        }
        let tables = match self.spec.shape.reduction {
            Reduction::Sum => vec![self.reduce_counts(runs)?],
            Reduction::Groups => self.reduce_pairs(runs)?,
        };
        let mut tables = tables.into_iter();
        let main = tables.next().unwrap_or_default();
        Ok(TrialOutcome {
            rows: main.rows,
            csv: main.csv,
            others: tables.map(|table| table.rows).collect(),
            counters: std::mem::take(&mut self.counters),
        })
    }

    #[expect(
        clippy::field_reassign_with_default,
        reason = "a map task sets further fields"
    )]
    pub(super) fn context(&self, task: u32) -> TaskContext {
        let mut context = TaskContext::default();
        context.job = self.spec.name.clone();
        context.job_id = "trial".to_owned();
        context.params = self.spec.params.clone();
        context.tokenizer = self.spec.tokenizer;
        context.task = task;
        context.attempt = 1;
        context.reduces = self.spec.reduces;
        context.schema = self.spec.shape.schema();
        context.result_is_table = self.spec.shape.is_table();
        context.input_names = self.spec.input_names.clone();
        context
    }

    pub(super) fn count_up(&mut self, context: &TaskContext) -> Result<(), JobError> {
        for (name, value) in context.counter_values()? {
            *self.counters.entry(name).or_default() += value;
        }
        Ok(())
    }

    pub(super) fn map(
        &mut self,
        task: u32,
        split: &Split,
        out: &mut MapSink<'_>,
    ) -> Result<(), JobError> {
        let attempt = MapAttempt {
            inputs: &self.roots,
            split,
            spec: &self.spec,
            cancelled: &NOT_CANCELLED,
        };
        let mut context = self.context(task);
        context.split = Some(split.clone());
        context.path = attempt.path().map_err(job_error)?;
        let mut mapper = self.job.mapper(&context)?;
        attempt.run(&mut *mapper, out).map_err(job_error)?;
        self.count_up(&context)
    }

    fn map_counts(&mut self, task: u32, split: &Split) -> Result<WrittenBlob, JobError> {
        let mut collector = CountCollector::new(self.scratch.clone());
        self.map(task, split, &mut MapSink::counts(&mut collector))?;
        collector
            .finish_run(task, self.spec.reduces, false, &NOT_CANCELLED)
            .map_err(job_error)
    }

    pub(super) fn map_pairs(
        &mut self,
        task: u32,
        split: &Split,
        partition: PartitionBy,
    ) -> Result<WrittenBlob, JobError> {
        let options = CollectOptions {
            partition,
            sort_values: self.spec.shape.sort_values,
            compress: task % 2 == 1,
        };
        let mut pairs = PairCollector::new(self.scratch.clone(), options);
        self.map(task, split, &mut MapSink::pairs(&mut pairs))?;
        let context = self.context(task);
        let mut combine = match self.spec.shape.has_combiner {
            true => self.job.combiner(&context)?,
            false => None,
        };
        let combine = combine
            .as_mut()
            .map(|task| &mut **task as &mut dyn CombineTask);
        let run = pairs.finish_run(task, combine, &NOT_CANCELLED);
        run.map_err(pair_error)
    }
}

pub(super) fn read_all(blob: &WrittenBlob) -> Result<Bytes, JobError> {
    let all = blob.bytes.source()?.read(0..blob.bytes.len())?;
    all.ok_or_else(|| JobError::new("a run is shorter than its recorded length"))
}

/// Returns the number of outputs, including the main one.
pub(super) fn outputs(shape: &Shape) -> u32 {
    1 + shape.outputs.len() as u32
}
