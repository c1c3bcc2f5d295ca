//! MapReduce without a cluster: splits, readers, tokenizers, mapping, combining, output.
//!
//! No Redis, no clock, no async; the coordination of many processes lives in the crates `store`,
//! `master` and `worker`, which all build on this one.
//!
//! # Layout
//! - [`ids`]: one type per identifier.
//! - [`key`]: the hash that orders and partitions keys.
//! - [`input`]: which files a job reads.
//! - [`split`]: where files are cut.
//! - [`plan`]: a job's tasks and their hash.
//! - [`job`]: how jobs are written; `jobs`: those that come along.
//! - [`reader`], [`tokenizer`], [`table`]: records, words, counts.
//! - [`map`]: one map task.
//! - [`pairs`], [`counters`]: what a task gives.
//! - [`shuffle`]: runs and parts, the data plane.
//! - [`output`]: the result file.

pub mod counters;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod ids;
pub mod input;
pub mod job;
mod jobs;
pub mod key;
pub mod map;
pub mod output;
pub mod pairs;
pub mod plan;
pub mod reader;
mod record;
pub mod shuffle;
mod simd;
pub mod split;
pub mod table;
pub mod tokenizer;

pub use counters::Counters;
pub use ids::{JobId, PlanHash, TaskIndex, WorkerName};
pub use input::{Format, FoundFile, InputError};
pub use job::{JobError, Registry, Shape};
pub use map::{MapAttempt, MapError, Mapped};
pub use pairs::Pairs;
pub use plan::{
    Aggregate, Column, FileFormat, InputFile, JobSpec, PartFiles, Plan, Split, StepOf, Task,
};
pub use record::Record;
pub use table::CountTable;
pub use tokenizer::Tokenizer;
