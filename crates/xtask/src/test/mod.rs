//! The command `test`: installs what is missing, builds all programs and runs all tests.

mod command;
mod runner;
mod sum;

pub(crate) use command::{Args, run};
