//! The program `sessions`: the built-in jobs and the job `sessions`, in one process or on a cluster.

use std::process::ExitCode;

fn main() -> ExitCode {
    mapreduce::main(sessions::registry())
}
