//! `MapReduce` jobs in Rust, with exact results in one process or on a cluster that Redis coordinates.
//!
//! A job is a [`Mapper`], a [`Reducer`] and, if it helps, a [`Combiner`]. [`define`] puts them together, a [`Registry`]
//! holds jobs by name, and [`main()`] makes a program of the registry. The program runs its jobs in one process
//! (`run`) and is also the master and the worker of a cluster (`master`, `worker`).
//!
//! ```text
//! records -> Mapper -> (key, value)… -> [Combiner] -> partitions -> Reducer -> rows
//!            emit      sorted by key, bounded memory               (key, value), or a struct with the columns
//! ```
//!
//! # Example
//! The whole `src/main.rs` of a program that counts the lines of each length:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use mapreduce::{Emitter, JobError, JobInfo, Mapper, Record, Registry, define};
//!
//! /// Emits the length of each line, in bytes, with the count 1.
//! #[derive(Default)]
//! struct Lengths;
//!
//! impl Mapper for Lengths {
//!     type Key = str;
//!     type Value = u64;
//!
//!     fn map(
//!         &mut self,
//!         line: &Record<'_>,
//!         out: &mut Emitter<'_, '_, str, u64>,
//!     ) -> Result<(), JobError> {
//!         out.emit(&format!("{:04}", line.bytes().len()), &1);
//!         Ok(())
//!     }
//! }
//!
//! fn registry() -> Registry {
//!     let mut registry = mapreduce::registry(); // the built-in jobs
//!     let info = JobInfo::new("lengths", "counts the lines of each length");
//!     registry.add(define(info).mapper(Lengths::default).sum());
//!     registry
//! }
//!
//! fn main() -> ExitCode {
//!     mapreduce::main(registry())
//! }
//! ```
//!
//! # Tests of a job
//! [`testing::Trial`] runs a job in memory, through the same readers and the same shuffle as on a cluster:
//!
//! ```
//! use mapreduce::testing::Trial;
//!
//! let job = mapreduce::registry().get("word-count").unwrap();
//! let outcome = Trial::new(job).input("a.txt", "to be\nor not to be\n").run().unwrap();
//! assert_eq!(outcome.rows[..2], [("be".into(), "2".into()), ("to".into(), "2".into())]);
//! ```

pub use mapreduce_core::{
    CellType, Columns, JobError, Order, Param, Params, Partitioning, Record, Reduction, Schema,
    Shape, Tokenizer, ValueKind, key,
};
pub use mapreduce_job::{
    Binding, Cell, Combined, Combiner, Counter, Datum, Definition, Emitter, Job, JobInfo, Json,
    Mapper, Reducer, Registry, Rows, Table, TaskContext, TextKey, Values, define, testing,
};

/// Runs the program `mapreduce` with the jobs of a registry. Call it in `main` before anything else.
///
/// It parses the arguments of the process and runs one of the commands `run`, `master`, `worker`, `status`, `health`,
/// `jobs` and `show`. The exit code is 0 if the job is done, 1 if it failed, 64 for invalid settings, 66 for missing input,
/// 69 if Redis is unreachable, 73 if the output cannot be written, and 130 if the command is interrupted.
pub use cli::main;

/// Returns a registry of the built-in jobs.
pub use streaming::registry;
