//! The program `mapreduce` with the built-in jobs.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(streaming::registry())
}
