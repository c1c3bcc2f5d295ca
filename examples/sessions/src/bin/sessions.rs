//! Runs jobs in one process.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(sessions::registry())
}
