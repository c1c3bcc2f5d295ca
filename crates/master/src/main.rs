//! The binary `master`, with the jobs that come along.

use std::process::ExitCode;

fn main() -> ExitCode {
    master::program::main(streaming::registry())
}
