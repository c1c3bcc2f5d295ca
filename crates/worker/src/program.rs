//! The program `worker`: works on the jobs that a master plans in Redis, and exits when a job is over.

use std::process::ExitCode;

use clap::Parser;
use mapreduce_job::Registry;
use settings::{CrashPlan, Exit, SettingsArgs, Shutdown, Step};

use crate::options::{StepPaths, WorkerOptions};

/// Runs a worker of a cluster. Start any number of workers, on machines with access to Redis and the input.
#[derive(Debug, Parser)]
#[command(name = "worker", version)]
struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Runs the program for the jobs of `registry`. Call it first in `main`.
pub fn main(registry: Registry) -> ExitCode {
    // A streaming job starts this executable again as the guard of its command. Such a process must not become a
    // worker.
    streaming::run_guard_if_requested();
    match settings::parse_arguments() {
        Ok(Args { settings }) => run_with(&settings, registry),
        Err(code) => code,
    }
}

/// Runs a worker with parsed arguments, for the jobs of `registry`.
pub fn run_with(args: &SettingsArgs, registry: Registry) -> ExitCode {
    match settings::bootstrap_steps(args) {
        Ok(steps) => settings::run_program(work(&steps, registry)),
        Err(code) => code,
    }
}

async fn work(steps: &[Step], registry: Registry) -> ExitCode {
    let settings = &steps[0].settings;
    let shutdown = Shutdown::listen();
    let name = settings::worker_name();
    tracing::info!(worker = %name, slots = settings.worker.slots, redis = settings.redis.shown_url(), "worker started");
    let store = match settings::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let options = WorkerOptions {
        crash: CrashPlan::new(&settings.crash),
        step_paths: steps
            .iter()
            .map(|step| StepPaths::new(&step.settings))
            .collect(),
        ..WorkerOptions::new(name, registry, settings)
    };
    let blobs = settings::blob_store(settings, &store);
    match crate::shell::run(store, blobs, options, shutdown.token()).await {
        Ok(()) => {
            tracing::info!("worker finished");
            Exit::Done.into()
        }
        Err(error) => settings::fail(error.exit(), &error),
    }
}
