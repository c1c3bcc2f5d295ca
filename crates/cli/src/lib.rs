//! The program `mapreduce`: runs a job in one process, runs a master or a worker of a cluster, or inspects a cluster.
//!
//! # Layout
//! - [`program`]: the command line and the entry point.
//! - `run`: a job in one process. `input_streams`: copies of standard input and of FIFOs. `progress`: its progress bar.
//! - `status`, `health`, `jobs`, `show`: the other subcommands.
//! - `output`: results on stdout.

mod health;
mod input_streams;
mod jobs;
mod output;
pub mod program;
mod progress;
mod run;
mod show;
mod status;

pub use program::main;
