//! The command `test`: installs missing tools, builds all programs and runs all tests.

mod command;
mod runner;
mod test_counts;

pub(crate) use command::{Args, run};
