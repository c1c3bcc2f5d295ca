//! Automation of the project: `cargo xtask <command>`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool"
)]

mod gen_data;
mod rng;

use clap::{Parser, Subcommand};

/// Automation of the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write customer-support tweets as CSV: any amount, the same bytes for the same seed.
    GenData(gen_data::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::GenData(args) => gen_data::run(&args),
    }
}
