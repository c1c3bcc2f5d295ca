//! The master of a cluster.

use std::process::ExitCode;

fn main() -> ExitCode {
    master::program::main(word_lengths::registry())
}
