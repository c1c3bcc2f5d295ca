//! The program `mapreduce`: runs a job in one process, or looks at a cluster.

mod health;
mod jobs;
mod progress;
mod run;
mod status;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mapreduce::Registry;
use master::Steps;
use runtime::SettingsArgs;

/// Runs MapReduce jobs exactly, in one process or on a cluster.
#[derive(Debug, Parser)]
#[command(name = "mapreduce", version)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a job here, on all cores, without Redis (the default: all of input/ into output/results.json).
    Run(SettingsArgs),
    /// Shows the jobs of the cluster at redis.url and how they stand.
    Status(SettingsArgs),
    /// Ends with 0 if the cluster's Redis can be worked with.
    Health(SettingsArgs),
    /// Lists the jobs there are, or tells about one of them.
    Jobs {
        /// The job to tell about
        name: Option<String>,
    },
}

/// All that the program does, with the jobs of `registry`: call it first in `main`.
pub fn main(registry: Registry) -> ExitCode {
    streaming::guard_if_asked();
    let args: Args = match runtime::parse_arguments() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let command = args
        .command
        .unwrap_or_else(|| Command::Run(SettingsArgs::default()));
    let flags = match &command {
        Command::Jobs { name } => return jobs::jobs(&registry, name.as_deref()),
        Command::Run(flags) | Command::Status(flags) | Command::Health(flags) => flags,
    };
    if let Command::Run(_) = command {
        let begun = runtime::begin_steps(flags);
        return begun.map_or_else(|code| code, |steps| run::run(Steps::new(steps), registry));
    }
    let settings = match runtime::begin(flags) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    match command {
        Command::Health(_) => health::health(&settings),
        _ => status::status(&settings),
    }
}
