//! The command line of `mapreduce`, and its entry point.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mapreduce_job::Registry;
use settings::{Settings, SettingsArgs, bootstrap, bootstrap_steps, parse_arguments};

use crate::health::health;
use crate::jobs::jobs;
use crate::run::run;
use crate::show::show;
use crate::status::status;

/// Runs `MapReduce` jobs in one process or on a cluster.
#[derive(Debug, Parser)]
#[command(name = "mapreduce", version)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a job in this process, on all cores and without Redis (default)
    Run(SettingsArgs),
    /// Run the master of a cluster; it exits when the result is written
    Master(SettingsArgs),
    /// Run a worker of a cluster; start any number of workers, on machines with access to Redis and the input
    Worker(SettingsArgs),
    /// Show the jobs of the cluster at redis.url and their status
    Status(SettingsArgs),
    /// Check that Redis at redis.url is usable; exit code 0 if it is
    Health(SettingsArgs),
    /// List all jobs, or the parameters of one job
    Jobs {
        /// Name of the job to describe
        name: Option<String>,
    },
    /// Print the first rows of a result in CSV or TSV
    Show {
        /// File of the result
        file: PathBuf,
        /// Number of rows to print after the header
        #[arg(long, default_value_t = 10)]
        rows: usize,
    },
}

/// Entry point of a program for the jobs of `registry`. Call it first in `main`.
pub fn main(registry: Registry) -> ExitCode {
    // A streaming job starts this executable again as the guard of its command. Such a process must not parse the
    // command line as its own.
    streaming::run_guard_if_requested();
    let Args { command } = match parse_arguments() {
        Ok(args) => args,
        Err(code) => return code,
    };
    match command.unwrap_or_else(|| Command::Run(SettingsArgs::default())) {
        Command::Run(args) => match bootstrap_steps(&args) {
            Ok(steps) => run(steps, registry),
            Err(code) => code,
        },
        Command::Master(args) => master::program::run_with(&args, &registry),
        Command::Worker(args) => worker::program::run_with(&args, registry),
        Command::Status(args) => with_settings(&args, status),
        Command::Health(args) => with_settings(&args, health),
        Command::Jobs { name } => jobs(&registry, name.as_deref()),
        Command::Show { file, rows } => show(&file, rows),
    }
}

fn with_settings(args: &SettingsArgs, command: impl FnOnce(&Settings) -> ExitCode) -> ExitCode {
    match bootstrap(args) {
        Ok(settings) => command(&settings),
        Err(code) => code,
    }
}
