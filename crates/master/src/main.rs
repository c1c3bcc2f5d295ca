//! The program `master` with the built-in jobs.

use std::process::ExitCode;

fn main() -> ExitCode {
    master::program::main(streaming::registry())
}
