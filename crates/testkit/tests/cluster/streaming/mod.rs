//! Streaming jobs on clusters.
//!
//! # Layout
//! - `trial`: a job of scripts with its cluster.
//! - `lab`: requirements of a lab course on `MapReduce`: parallel tasks, no task twice, no early exits, commands that
//!   fail at random.
//! - `habits`: requirements of scripts for Hadoop and for libraries on top of it.
//! - `scripts`: mappers and reducers, which the tests ship with `--files`.

mod habits;
mod lab;
mod trial;
