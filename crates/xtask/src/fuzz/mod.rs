//! The command `fuzz`: coverage-guided fuzzing of everything that reads bytes from outside.
//!
//! The package in `fuzz/` contains the targets and libFuzzer, which mutates inputs, measures coverage and limits time
//! and memory. libFuzzer needs instrumented code but no other Rust toolchain: the compiler flags are stable.

mod build;
mod command;
mod target;

pub(crate) use command::{Args, run};
