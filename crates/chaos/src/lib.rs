//! Chaos test: whole jobs on real processes, with faults injected at random moments.
//!
//! ```text
//! seed, job number --> schedule (job, input, settings, faults with their moments)
//!                         |
//!                         +--> embedded run of the same input ------------> expected bytes --+
//!                         +--> redis-server <-- proxy <-- master, workers --> found bytes ---+--> verdict
//! ```
//! A seed fixes all decisions. What a fault hits also depends on the speed of the machine, so a failure may need
//! several repetitions to come back. The folder of a failed job is kept with all logs.
//!
//! # Layout
//! - `command`: the command `cargo xtask chaos`.
//! - `schedule`: everything that a seed decides; `fault` and `job_kind` draw the parts.
//! - `job`: a job from its input to its verdict; `compare` compares the results.
//! - `driver`: the running job with its faults and restarts.
//! - `cluster`: the processes of a job, and the injection of faults into them.
//! - [`process`], `redis`, `disk`: the parts of a cluster that faults can hit.
//! - `excuse`: the exit codes that a fault excuses.
//! - `verdict`, `tally`, `report`: results of one job and of all jobs.
#![expect(
    clippy::print_stdout,
    reason = "the command reports on standard output"
)]

mod cluster;
mod command;
mod compare;
mod disk;
mod driver;
mod excuse;
mod fault;
mod job;
mod job_kind;
pub mod process;
mod redis;
mod report;
mod schedule;
mod tally;
mod verdict;

pub use command::{Args, run};
