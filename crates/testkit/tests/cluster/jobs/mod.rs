//! The built-in jobs, compared with other programs: coreutils, `SQLite`, Python (`expected.py`).
//!
//! # Layout
//! - `case`: a job with its parameters and the command that computes its expected result. `cases`: all of them.
//! - `embedded`: jobs in one process, with various splits and memory limits.
//! - `cluster`: jobs on 1, 3 and 10 workers, some of which are killed.
//! - `chains`: jobs of several steps.

mod case;
mod cases;
mod chains;
mod cluster;
mod embedded;
