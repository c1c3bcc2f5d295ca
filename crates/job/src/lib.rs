//! Writing a job: a mapper, a reducer, and how the two go together.
//!
//! ```text
//! records -> Mapper -> (key, value)… -> [Combiner] -> partitions -> Reducer -> rows
//!            emit      sorted by key, bounded memory               (key, value) of the result
//! ```
//! ```
//! use mapreduce_job::{Emitter, JobInfo, Mapper, Registry, define};
//! use mapreduce_core::{JobError, Record};
//!
//! /// Counts the lines of each length.
//! #[derive(Default)]
//! struct Lengths;
//!
//! impl Mapper for Lengths {
//!     type Key = str;
//!     type Value = u64;
//!     fn map(&mut self, record: &Record<'_>, out: &mut Emitter<'_, '_, str, u64>) -> Result<(), JobError> {
//!         out.emit(&format!("{:04}", record.bytes().len()), &1);
//!         Ok(())
//!     }
//! }
//!
//! let mut registry = Registry::default();
//! registry.add(define(JobInfo::new("lengths", "counts the lines of each length")).mapper(Lengths::default).sum());
//! assert!(registry.get("lengths").is_ok());
//! ```
//!
//! # Layout
//! - `datum`: how keys and values become bytes. `cell`: how they become text in the result.
//! - `mapper`, `reducer`: the traits. `emit`, `values`, `rows`: what they are given.
//! - `shape`: how a job goes together. `params`: its parameters. `context`: what an attempt knows.
//! - `define`: a [`Job`] out of the traits. `registry`: jobs by name.
//! - `task`: attempts with their types erased.
//! - [`testing`]: trying a job in memory.

mod cell;
mod context;
mod datum;
mod define;
mod emit;
pub mod map;
mod mapper;
mod reducer;
mod registry;
mod rows;
mod task;
pub mod testing;
mod values;

pub use cell::Cell;
pub use context::{Counter, CounterSet, TaskContext};
pub use datum::{Datum, Json, TextKey};
pub use define::{Definition, define};
pub use emit::{Combined, Emitter};
pub use mapper::Mapper;
pub use reducer::{Combiner, Reducer};
pub use registry::{Job, JobInfo, Registry, partition_fn};
pub use rows::Rows;
pub use task::{MapFault, MapSink, MapTask};
pub use values::Values;
