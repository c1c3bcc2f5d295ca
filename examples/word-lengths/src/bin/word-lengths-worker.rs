//! A worker of a cluster.

use std::process::ExitCode;

fn main() -> ExitCode {
    worker::program::main(word_lengths::registry())
}
