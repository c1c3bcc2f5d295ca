//! The program `worker`, with the built-in jobs.

use std::process::ExitCode;

fn main() -> ExitCode {
    worker::program::main(streaming::registry())
}
