//! The job specification: all that a worker needs to know about a job, apart from its tasks.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use crate::error::JobError;
use crate::output_format::OutputFormat;
use crate::params::Params;
use crate::shape::Shape;
use crate::shipped_file::ShippedFile;
use crate::tokenizer::Tokenizer;

/// The largest number of additional outputs of a job.
const MOST_OUTPUTS: usize = 1000;

/// The largest number of reduce tasks of a job. It keeps the index of a run small compared with its records.
pub const MOST_REDUCES: u32 = 4096;

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

fn is_zero(n: &u64) -> bool {
    *n == 0
}
