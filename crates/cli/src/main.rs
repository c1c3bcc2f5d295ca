//! The binary `mapreduce`, with the jobs that come along.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(streaming::registry())
}
