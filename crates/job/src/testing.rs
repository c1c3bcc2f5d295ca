//! Trying a job in memory: through the same code as on a cluster, without one.
//!
//! ```
//! use mapreduce_job::testing::Trial;
//!
//! let job = mapreduce_jobs::registry().get("word-count").unwrap();
//! let outcome = Trial::new(job).input("a.txt", "to be\nor not to be\n").run().unwrap();
//! assert_eq!(outcome.rows[..2], [("be".into(), "2".into()), ("to".into(), "2".into())]);
//! ```

mod input;
mod reduce;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;

use super::{Job, MapSink, TaskContext, partition_fn};
use crate::map::MapAttempt;
use mapreduce_core::{JobError, Params, Partitioning, Reduction, Shape};
use mapreduce_core::{JobSpec, Split, Tokenizer};
use mapreduce_shuffle::{
    CollectOptions, CombineTask, CountCollector, PairCollector, PartitionBy, Scratch, WrittenBlob,
};

/// A job that is to be tried, and what on.
#[derive(Clone)]
pub struct Trial {
    job: Arc<dyn Job>,
    params: BTreeMap<String, String>,
    inputs: Vec<(u16, String, Vec<u8>)>,
    tokenizer: Tokenizer,
    splits: usize,
    reduces: u32,
    memory: usize,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The rows of the main output, in the order of the result: key and value as text.
    pub rows: Vec<(String, String)>,
    /// The rows of the other outputs.
    pub others: Vec<Vec<(String, String)>>,
    /// The job's own counters, as `group:name`.
    pub counters: BTreeMap<String, u64>,
}

impl Trial {
    /// Tries `job` without parameters, with one split for each file and one reduce task.
    pub fn new(job: Arc<dyn Job>) -> Self {
        Self {
            job,
            params: BTreeMap::new(),
            inputs: Vec::new(),
            tokenizer: Tokenizer::Words,
            splits: 1,
            reduces: 1,
            memory: 8 << 20,
        }
    }

    /// With this parameter.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// With a file of the first input. Its name tells its format as those of real files do: `.csv` is CSV.
    #[must_use]
    pub fn input(self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.input_of(0, name, bytes)
    }

    /// With a file of that place in `job.input`, from 0.
    #[must_use]
    pub fn input_of(mut self, root: u16, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.inputs.push((root, name.to_owned(), bytes.into()));
        self
    }

    /// With another tokenizer than `words`.
    #[must_use]
    pub fn tokenizer(self, tokenizer: Tokenizer) -> Self {
        Self { tokenizer, ..self }
    }

    /// With about so many splits for each file.
    #[must_use]
    pub fn splits(self, splits: usize) -> Self {
        let splits = splits.max(1);
        Self { splits, ..self }
    }

    /// With so many reduce tasks, unless the job wants a certain number of them.
    #[must_use]
    pub fn reduces(self, reduces: u32) -> Self {
        let reduces = reduces.max(1);
        Self { reduces, ..self }
    }

    /// With so many bytes of memory for an attempt: with few of them, it goes through local files.
    #[must_use]
    pub fn memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    /// Runs the job, one task after the other.
    ///
    /// # Errors
    /// Whatever fails: parameters, the job's code, temporary files.
    pub fn run(&self) -> Result<Outcome, JobError> {
        let params: Params = self.params.clone().into_iter().collect();
        let shape = self.job.shape(&params)?;
        let folder = tempfile::tempdir()?;
        let mut roots: Vec<PathBuf> = Vec::new();
        for root in 0..=self.inputs.iter().map(|input| input.0).max().unwrap_or(0) {
            let path = folder.path().join(root.to_string());
            std::fs::create_dir(&path)?;
            roots.push(path);
        }
        let mut splits = Vec::new();
        for (root, name, bytes) in &self.inputs {
            let path = roots[usize::from(*root)].join(name);
            splits.extend(input::splits(
                &path,
                *root,
                name,
                bytes,
                self.splits,
                &shape,
            )?);
        }
        let mut running = Running {
            trial: self,
            spec: JobSpec {
                name: self.job.info().name.to_owned(),
                tokenizer: self.tokenizer,
                top: shape.top,
                input_names: self.input_names(),
                reduces: shape.reduces.unwrap_or(self.reduces),
                params,
                shape,
                ..JobSpec::word_count(1)
            },
            roots,
            scratch: Scratch {
                memory: self.memory,
                folder: None,
            },
            counters: BTreeMap::new(),
        };
        running.run(&splits)
    }
}

impl Trial {
    /// The inputs by their numbers, if there are several.
    fn input_names(&self) -> Vec<String> {
        let last = self.inputs.iter().map(|input| input.0).max();
        let names = 0..=last.unwrap_or(0);
        match last {
            None | Some(0) => Vec::new(),
            Some(_) => names.map(|root| root.to_string()).collect(),
        }
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("job", self.job.info())
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

static GO_ON: AtomicBool = AtomicBool::new(false);

/// A trial under way.
struct Running<'a> {
    trial: &'a Trial,
    spec: JobSpec,
    roots: Vec<PathBuf>,
    scratch: Scratch,
    counters: BTreeMap<String, u64>,
}

impl Running<'_> {
    fn run(&mut self, splits: &[Split]) -> Result<Outcome, JobError> {
        let mut bounds = Arc::from([]);
        if self.spec.shape.partitioning == Partitioning::Range {
            bounds = self.bounds(splits)?;
            // Fewer if there are not so many different keys.
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
                            partition_fn(self.trial.job.clone()),
                            self.spec.reduces,
                        ),
                    };
                    self.map_pairs(task as u32, split, partition)?
                }
            };
            runs.push(whole(&blob)?);
        }
        let tables = match self.spec.shape.reduction {
            Reduction::Sum => vec![self.reduce_counts(runs)?],
            Reduction::Groups => self.reduce_pairs(runs)?,
        };
        let mut tables = tables.into_iter();
        Ok(Outcome {
            rows: tables.next().unwrap_or_default(),
            others: tables.collect(),
            counters: std::mem::take(&mut self.counters),
        })
    }

    #[expect(
        clippy::field_reassign_with_default,
        reason = "a context has a field of its own beside these"
    )]
    fn context(&self, task: u32) -> TaskContext {
        let mut context = TaskContext::default();
        context.job = self.spec.name.clone();
        context.job_id = "trial".to_owned();
        context.params = self.spec.params.clone();
        context.tokenizer = self.spec.tokenizer;
        context.task = task;
        context.attempt = 1;
        context.reduces = self.spec.reduces;
        context.input_names = self.spec.input_names.clone();
        context
    }

    fn count_up(&mut self, context: &TaskContext) -> Result<(), JobError> {
        for (name, value) in context.counted()? {
            *self.counters.entry(name).or_default() += value;
        }
        Ok(())
    }

    fn map(&mut self, task: u32, split: &Split, out: &mut MapSink<'_>) -> Result<(), JobError> {
        let attempt = MapAttempt {
            inputs: &self.roots,
            split,
            spec: &self.spec,
            cancelled: &GO_ON,
        };
        let mut context = self.context(task);
        context.split = Some(split.clone());
        context.path = attempt.path().map_err(told)?;
        let mut mapper = self.trial.job.mapper(&context)?;
        attempt.run(&mut *mapper, out).map_err(told)?;
        self.count_up(&context)
    }

    fn map_counts(&mut self, task: u32, split: &Split) -> Result<WrittenBlob, JobError> {
        let mut combiner = CountCollector::new(self.scratch.clone());
        self.map(task, split, &mut MapSink::counts(&mut combiner))?;
        combiner
            .finish_run(task, self.spec.reduces, false, &GO_ON)
            .map_err(told)
    }

    fn map_pairs(
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
        let mut combine = match self.spec.shape.combine {
            true => self.trial.job.combiner(&context)?,
            false => None,
        };
        let combine = combine
            .as_mut()
            .map(|task| &mut **task as &mut dyn CombineTask);
        let run = pairs.finish_run(task, combine, &GO_ON).map_err(told);
        run?
    }
}

fn told(error: impl fmt::Display) -> JobError {
    JobError::new(error.to_string())
}

fn whole(blob: &WrittenBlob) -> Result<Bytes, JobError> {
    let all = blob.bytes.source()?.read(0..blob.bytes.len())?;
    all.ok_or_else(|| JobError::new("a run is shorter than it was written"))
}

/// Number of outputs, with the main one.
fn outputs(shape: &Shape) -> u32 {
    1 + shape.outputs.len() as u32
}
