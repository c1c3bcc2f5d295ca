//! The binary `worker`, with the jobs that come along.

use std::process::ExitCode;

fn main() -> ExitCode {
    worker::program::main(streaming::registry())
}
