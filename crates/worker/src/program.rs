//! The program `worker`: works on the jobs that a master plans in Redis, and ends when one is over.

use std::process::ExitCode;

use clap::Parser;
use mapreduce::Registry;
use runtime::{CrashPlan, Exit, SettingsArgs, Shutdown, Step};

use crate::{Options, Place};

/// A worker of the cluster; any number may run, anywhere the input and Redis can be reached.
#[derive(Debug, Parser)]
#[command(name = "worker", version)]
struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// All that the program does, for the jobs of `registry`: call it first in `main`.
pub fn main(registry: Registry) -> ExitCode {
    streaming::guard_if_asked();
    match runtime::parse_arguments() {
        Ok(Args { settings }) => run_with(&settings, registry),
        Err(code) => code,
    }
}

/// Runs a worker with parsed arguments, for the jobs of `registry`.
pub fn run_with(args: &SettingsArgs, registry: Registry) -> ExitCode {
    match runtime::begin_steps(args) {
        Ok(steps) => runtime::run_program(work(&steps, registry)),
        Err(code) => code,
    }
}

async fn work(steps: &[Step], registry: Registry) -> ExitCode {
    let settings = &steps[0].settings;
    let shutdown = Shutdown::listen();
    let name = runtime::worker_name();
    tracing::info!(worker = %name, slots = settings.worker.slots, redis = settings.redis.shown_url(), "started");
    let store = match runtime::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let options = Options {
        crash: CrashPlan::new(&settings.crash),
        places: steps
            .iter()
            .map(|step| Place::new(&step.settings))
            .collect(),
        ..Options::new(name, registry, settings)
    };
    let blobs = runtime::blobs(settings, &store);
    match crate::run(store, blobs, options, shutdown.token()).await {
        Ok(()) => {
            tracing::info!("done");
            Exit::Done.into()
        }
        Err(error) => runtime::fail(error.exit(), &error),
    }
}
