//! The plan: the deterministic list of a job's tasks, and its hash.
//!
//! ```text
//! JobSpec + InputFile… + splits  --Plan::new-->  Plan { spec, tasks, hash }
//! ```
//! The same input and settings give the same plan on every machine and at every start; that is what
//! lets a master that was killed pick its job up again.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::input::Compression;
use crate::job::{JobError, Params, Shape, ShippedFile};
use crate::output::OutputFormat;
use crate::split::MOST_REDUCES;
use crate::{PlanHash, TaskIndex, Tokenizer};

pub use crate::input::{Column, FileFormat};

/// Most outputs of a job beside the main one.
const MOST_OUTPUTS: usize = 1000;

/// How results are aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Aggregate {
    /// Map tasks write runs, reduce tasks merge them, beside the coordination.
    Shuffle,
    /// Every commit folds its pairs into the store's counts; exact at any moment while the job runs.
    Live,
}

/// What a job does to each record: everything that workers need beside their tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// The registered job, such as `word-count`.
    pub name: String,
    /// How results are aggregated.
    pub aggregate: Aggregate,
    /// Number of reduce tasks, and so of partitions; 0 if there is nothing to reduce.
    pub reduces: u32,
    /// Whether runs and parts are compressed.
    pub compress: bool,
    /// How a record becomes words.
    pub tokenizer: Tokenizer,
    /// Whether a CSV record with too few cells ends the job.
    pub strict: bool,
    /// Longest record accepted, in bytes.
    pub max_record: u64,
    /// The job's parameters.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// How the job goes together, as it says itself with these parameters.
    #[serde(default = "Shape::sum")]
    pub shape: Shape,
    /// With [`Partitioning::Range`](crate::job::Partitioning::Range): the first key of each partition but the first, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<String>,
    /// The job's inputs as the master names them, if there are several: the names of their files tell which one they
    /// are of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_names: Vec<String>,
    /// Files that every worker is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ShippedFile>,
    /// Which step it is of a job of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepOf>,
    /// How many records may be left out because the job's code fails at them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip_bad_records: u64,
    /// Only so many rows are wanted in the result, the most frequent ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u64>,
    /// If given, reduce tasks write the result, each a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_files: Option<PartFiles>,
}

impl JobSpec {
    /// The built-in word count with what has a natural default; `reduces` reduce tasks.
    pub fn word_count(reduces: u32) -> Self {
        Self {
            name: "word-count".to_owned(),
            aggregate: Aggregate::Shuffle,
            reduces,
            compress: false,
            tokenizer: Tokenizer::Words,
            strict: false,
            max_record: 256 << 20,
            params: Params::default(),
            shape: Shape::sum(),
            bounds: Vec::new(),
            input_names: Vec::new(),
            files: Vec::new(),
            step: None,
            skip_bad_records: 0,
            top: None,
            part_files: None,
        }
    }

    /// A specification out of its JSON, which need not be what a master of ours wrote: one that would take a worker
    /// memory without bound is none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(json: &str) -> Result<Self, serde_json::Error> {
        let spec: Self = serde_json::from_str(json)?;
        // The index of every run has an entry for each reduce task, that of every part one for each output.
        match (spec.reduces, spec.shape.outputs.len()) {
            (0..=MOST_REDUCES, 0..=MOST_OUTPUTS) => Ok(spec),
            (reduces, outputs) => Err(serde_json::Error::custom(format!(
                "{reduces} reduce tasks and {outputs} outputs"
            ))),
        }
    }

    /// The [`JobSpec::bounds`] as bytes.
    ///
    /// # Errors
    /// They are none: another version wrote them.
    pub fn range_bounds(&self) -> Result<Arc<[Box<[u8]>]>, JobError> {
        let bytes = |bound: &String| {
            let digits = bound.as_bytes().chunks(2);
            let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
            digits.map(byte).collect::<Option<Box<[u8]>>>()
        };
        let bounds: Option<Arc<[_]>> = self.bounds.iter().map(bytes).collect();
        let fits = |bounds: &Arc<[_]>| bounds.len() < self.reduces.max(1) as usize;
        bounds.filter(fits).ok_or_else(|| {
            JobError::hopeless(
                "the bounds of the plan cannot be read; run master and workers of the same version",
            )
        })
    }
}

/// A step of a job of several: each has inputs of its own, which workers know from the same file as the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOf {
    /// Which one, from 0.
    pub nth: u32,
    /// Number of steps.
    pub count: u32,
}

impl StepOf {
    /// Whether another step follows: workers are to stay.
    pub fn is_followed(self) -> bool {
        self.nth + 1 < self.count
    }
}

/// What reduce tasks write, if they write the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFiles {
    /// The layout of each file.
    pub format: OutputFormat,
    /// The folder that gets them, as the master names it: a job that writes to another one is another job.
    /// Workers write where their own settings say, and use this only to explain what is wrong.
    pub folder: String,
}

/// An input file as the planner saw it; a worker that finds it otherwise fails the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Which of the job's inputs the file lies under.
    pub root: u16,
    /// Path below that input with `/` between folders; empty if the input is the file itself.
    pub path: String,
    /// Length in bytes.
    pub len: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub modified: u64,
    /// How its records are laid out.
    pub format: FileFormat,
    /// How it is compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
}

/// A map task's input: the records that start in `start..end` of a file.
///
/// Both ends are record boundaries, found by the planner. A compressed file is one split, from its first
/// byte to its last; offsets are those of the file as it lies there. Of a Parquet file a split has the row groups
/// that start in it, and together the splits have all bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The file.
    pub file: InputFile,
    /// Offset of the first record (but see `skip`), in bytes.
    pub start: u64,
    /// Offset behind the last record, in bytes.
    pub end: u64,
    /// Bytes from `start` to the first record after decompression: the header of a compressed CSV file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// Line number of the first record in the file, from 1, where the planner counted lines.
    pub line: Option<u64>,
}

/// What a task does, as it travels through the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Maps this split.
    Map(Split),
    /// Reduces this partition, one of [`JobSpec::reduces`].
    Reduce(u32),
}

/// A job's tasks in order, and the hash that names them: a map task for each split, and behind them the
/// reduce tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    spec: JobSpec,
    splits: Vec<Split>,
    hash: PlanHash,
}

impl Plan {
    /// Names the list of `splits` under `spec`.
    ///
    /// The hash covers the JSON of both; changing either changes the plan.
    ///
    /// # Panics
    /// If there are more than 2³² tasks; the planner keeps far below.
    pub fn new(spec: JobSpec, splits: Vec<Split>) -> Self {
        let tasks = splits.len() as u64 + u64::from(spec.reduces);
        assert!(
            u32::try_from(tasks).is_ok(),
            "a plan has at most 2^32 tasks"
        );
        let mut hasher = Xxh3::new();
        // The version of what the hash covers: a change of meaning must not resume an older job.
        hasher.update(b"mapreduce-plan-3\n");
        hasher.update(to_json(&spec).as_bytes());
        for split in &splits {
            hasher.update(b"\n");
            hasher.update(to_json(split).as_bytes());
        }
        let hash = PlanHash(hasher.digest128());
        Self { spec, splits, hash }
    }

    /// What the job does.
    pub fn spec(&self) -> &JobSpec {
        &self.spec
    }

    /// The plan's name.
    pub fn hash(&self) -> PlanHash {
        self.hash
    }

    /// Number of map tasks, which come first.
    pub fn maps(&self) -> u32 {
        self.splits.len() as u32
    }

    /// Number of all tasks. Without input there is nothing to reduce.
    pub fn total(&self) -> u32 {
        match self.maps() {
            0 => 0,
            maps => maps + self.spec.reduces,
        }
    }

    /// The map tasks' inputs, in the order of their indexes.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// Bytes of input in all tasks.
    pub fn bytes(&self) -> u64 {
        self.splits
            .iter()
            .map(|split| split.end - split.start)
            .sum()
    }

    /// The task at `index` as the JSON text that travels through the store; `None` beyond the plan.
    pub fn payload(&self, index: TaskIndex) -> Option<String> {
        match self.splits.get(index.0 as usize) {
            // Borrowed: a list of millions of tasks is told without copying each.
            Some(split) => Some(format!("{{\"map\":{}}}", to_json(split))),
            None if index.0 < self.total() => Some(to_json(&Task::Reduce(index.0 - self.maps()))),
            None => None,
        }
    }
}

/// JSON of plain data; every map of ours has text keys, so this cannot fail.
fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}
