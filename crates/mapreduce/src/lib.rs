//! MapReduce without a cluster: splits, readers, tokenizers, mapping, combining, output.
//!
//! No Redis, no clock; the coordination of many processes lives in the crates `store`, `master` and
//! `worker`, which all build on this one.
//!
//! # Layout
//! - [`ids`]: one type per identifier.
//! - [`plan`]: a job's tasks and their hash.
//! - [`pairs`], [`counters`]: what a task gives.

pub mod counters;
pub mod ids;
pub mod pairs;
pub mod plan;
pub mod tokenizer;

pub use counters::Counters;
pub use ids::{JobId, PlanHash, TaskIndex, WorkerName};
pub use pairs::Pairs;
pub use plan::{Aggregate, FileFormat, InputFile, JobSpec, Plan, Split};
pub use tokenizer::Tokenizer;
