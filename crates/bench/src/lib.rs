//! Benchmarks next to other programs on the same machine, in the same run.
//!
//! | part | measures |
//! |---|---|
//! | `systems` | word count of a large CSV file: embedded, cluster, `DuckDB`, Polars, serial Rust |
//! | `scale` | embedded and cluster, on that file and on one with four times the rows |
//! | `empty-tasks` | tasks without input per second, one worker and one Redis |
//! | `latency` | time from the start of `master` to `results.json` for two lines of input |
//! | `scan` | the planner's search for CSV record boundaries |
//! | `jobs` | a user's word count, streaming commands, `grep` and `sort` next to GNU's |
//! | `stragglers` | a cluster with a worker ten times slower than the others, with and without backup attempts |
//! | `recovery` | time until work resumes after the death of a worker or of Redis, and the cost for the job |
//! | `micro` | the parts of the hot path, one by one |
//!
//! Each part compares its figures with goals and prints PASS or MISS. A missed goal is not an error, a wrong result is.
//!
//! # Layout
//! - `command`: the command `cargo xtask bench`; `args`: its arguments. Each part has a module of its name, and
//!   `compare` is the part `systems`.
//! - `system`, `word_count_job`, `system_run`, `cluster`, `python`: the measured programs, and how they run.
//! - [`measure`]: wall time, CPU time and peak memory of a command.
//! - `figures`, `goal`, `rounds`: medians, goals, and the order of runs.
//! - `report`, `chart`, `machine`: the page `benchmarks.md`.
#![expect(
    clippy::print_stdout,
    reason = "the command reports on standard output"
)]

mod args;
mod chart;
mod cluster;
mod command;
mod compare;
mod data;
mod empty_tasks;
mod figures;
mod goal;
mod jobs;
mod latency;
mod machine;
pub mod measure;
mod micro;
mod paths;
mod python;
mod recovery;
mod report;
mod rounds;
mod scale;
mod scan;
mod stragglers;
mod system;
mod system_run;
mod word_count_job;

pub use args::Args;
pub use command::run;
