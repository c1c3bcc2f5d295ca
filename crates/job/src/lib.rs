//! The interface to write a job: a mapper, a reducer, and a definition that combines them.
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
//! - `datum`: keys and values as bytes between mapper and reducer. `cell`: keys and values as text in the result.
//! - `mapper`, `reducer`: the traits of a job. `emit`, `values`, `rows`: their inputs and outputs.
//! - `table`: a struct as a row of the result.
//! - `params`: the parameters of a job as a struct. `context`: the environment of an attempt.
//! - `define`: a [`Job`] made of a mapper and a reducer. `registry`: jobs by name.
//! - `binding`: parameters that depend on the columns of the input.
//! - `task`: mappers without their types, one dynamic call for each block of records.
//! - [`map`]: a mapper run over one split.
//! - [`testing`]: a job tried in memory.

mod binding;
mod cell;
mod context;
mod datum;
mod define;
mod emit;
pub mod map;
mod mapper;
mod params;
mod reducer;
mod registry;
mod rows;
mod table;
mod task;
pub mod testing;
mod values;

#[doc(no_inline)]
pub use mapreduce_core::Param;

pub use binding::bind;
pub use cell::Cell;
pub use context::{Counter, CounterSet, TaskContext};
pub use datum::{Datum, Json, TextKey};
pub use define::{Definition, define};
pub use emit::{Combined, Emitter};
pub use mapper::Mapper;
pub use params::JobParams;
pub use reducer::{Combiner, Reducer};
pub use registry::{Binding, Job, JobInfo, Registry, partition_fn};
pub use rows::Rows;
pub use table::Table;
pub use task::{MapFault, MapSink, MapTask};
pub use values::Values;
