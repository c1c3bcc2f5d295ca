//! The job specification.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use crate::error::JobError;
use crate::output_format::OutputFormat;
use crate::params::Params;
use crate::shape::Shape;
use crate::shipped_file::ShippedFile;
use crate::split::is_zero;
use crate::tokenizer::Tokenizer;

/// Maximum number of additional outputs of a job.
const MAX_OUTPUTS: usize = 1000;

/// Maximum number of reduce tasks of a job. It keeps the index of a run small compared with its records.
pub const MAX_REDUCES: u32 = 4096;

/// Aggregation of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Aggregate {
    /// Map tasks write runs and reduce tasks merge them. Redis holds only the state of the tasks.
    Shuffle,
    /// Every commit adds its pairs to the counts in the store. The counts are exact at any time while the job runs.
    Live,
}

/// Specification of a job: everything that workers need except the tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// The registered job, such as `word-count`.
    pub name: String,
    /// Aggregation of results.
    pub aggregate: Aggregate,
    /// Number of reduce tasks and of partitions; 0 if the job does not reduce.
    pub reduces: u32,
    /// True if runs and partition results are compressed.
    pub compress: bool,
    /// Tokenizer that splits records into words.
    pub tokenizer: Tokenizer,
    /// True if a CSV record with too few cells fails the job.
    pub strict: bool,
    /// Maximum length of a record, in bytes.
    pub max_record: u64,
    /// Memory limit for the window of a decoder of compressed input, in bytes.
    #[serde(
        default = "default_max_window",
        skip_serializing_if = "is_default_max_window"
    )]
    pub max_window: u64,
    /// Parameters of the job.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// Structure of the job, derived from its parameters.
    #[serde(default = "Shape::sum")]
    pub shape: Shape,
    /// With [`Partitioning::Range`](crate::shape::Partitioning::Range), the first key of each partition except the
    /// first one, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<String>,
    /// Names of the inputs if the job has several. They distinguish the files of different inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_names: Vec<String>,
    /// Files that every worker downloads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ShippedFile>,
    /// Position of this step in a job with several steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepPosition>,
    /// Maximum number of records that may be skipped because the job's code fails on them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip_bad_records: u64,
    /// Maximum number of rows of the result, those with the highest counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u64>,
    /// Set if each reduce task writes a part file of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_files: Option<PartFiles>,
}

/// Returns the default of [`JobSpec::max_window`]: the limit of the program `zstd`.
fn default_max_window() -> u64 {
    128 << 20
}

fn is_default_max_window(bytes: &u64) -> bool {
    *bytes == default_max_window()
}

impl JobSpec {
    /// Returns the built-in word count with `reduces` reduce tasks and default settings.
    pub fn word_count(reduces: u32) -> Self {
        Self {
            name: "word-count".to_owned(),
            aggregate: Aggregate::Shuffle,
            reduces,
            compress: false,
            tokenizer: Tokenizer::Words,
            strict: false,
            max_record: 256 << 20,
            max_window: default_max_window(),
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

    /// Parses a specification from JSON.
    ///
    /// The JSON comes from Redis and may be corrupt. Limits on its numbers prevent that a worker allocates unbounded
    /// memory.
    ///
    /// # Errors
    /// The JSON is invalid or exceeds a limit.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        let spec: Self = serde_json::from_str(json)?;
        // The index of a run has an entry for each reduce task; that of a partition result one for each output.
        match (spec.reduces, spec.shape.outputs.len()) {
            (0..=MAX_REDUCES, 0..=MAX_OUTPUTS) => Ok(spec),
            (reduces, outputs) => Err(serde_json::Error::custom(format!(
                "the job has {reduces} reduce tasks (limit: {MAX_REDUCES}) and {outputs} outputs (limit: {MAX_OUTPUTS})"
            ))),
        }
    }

    /// Returns [`JobSpec::bounds`] as bytes.
    ///
    /// # Errors
    /// The bounds are not valid hexadecimal or too many. Another version wrote the plan.
    pub fn range_bounds(&self) -> Result<Arc<[Box<[u8]>]>, JobError> {
        let bytes = |bound: &String| {
            let digits = bound.as_bytes().chunks(2);
            let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
            digits.map(byte).collect::<Option<Box<[u8]>>>()
        };
        let bounds: Option<Arc<[_]>> = self.bounds.iter().map(bytes).collect();
        let fits = |bounds: &Arc<[_]>| bounds.len() < self.reduces.max(1) as usize;
        bounds.filter(fits).ok_or_else(|| {
            JobError::permanent(
                "the plan has invalid partition bounds; run the same version of master and workers",
            )
        })
    }
}

/// Position of a step in a job with several steps.
///
/// Each step has its own inputs. Workers read them from the same job file as the master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPosition {
    /// Index of the step, from 0.
    #[serde(rename = "nth")]
    pub index: u32,
    /// Number of steps.
    pub count: u32,
}

impl StepPosition {
    /// Returns `true` if another step follows, so workers must keep running.
    pub fn has_next(self) -> bool {
        self.index + 1 < self.count
    }
}

/// Settings of the part files that reduce tasks write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFiles {
    /// Format of each file.
    pub format: OutputFormat,
    /// True if each CSV and TSV file starts with the names of the columns.
    #[serde(default = "default_header", skip_serializing_if = "is_default_header")]
    pub header: bool,
    /// Output folder of the master. It is part of the plan, so a job with another folder is another job. Workers write
    /// to the folder in their own settings and use this one only in error messages.
    pub folder: String,
}

fn default_header() -> bool {
    true
}

fn is_default_header(header: &bool) -> bool {
    *header
}
