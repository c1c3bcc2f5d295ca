//! The command `mutants`: removes the code that keeps jobs exact, piece by piece. Tests must fail for each piece.
//!
//! Each mutation replaces a few words of the sources (`list`). It is made in a copy of the sources below the target
//! folder, so that each mutation needs only an incremental build. A mutation is killed by a test that fails by an
//! assertion. A mutation that does not compile or runs no test proves nothing and is an error.
//!
//! Some mutations are also noticed by the simulation of whole clusters. `--simulate` runs only that.

mod command;
mod judge;
mod killer;
mod list;
mod mutant;
mod tree;

pub(crate) use command::{Args, run};
