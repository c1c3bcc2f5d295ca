//! The program `master`: it plans a job in Redis, watches over it and writes its result.

use std::process::ExitCode;

use clap::Parser;
use mapreduce_job::Registry;
use settings::{CrashPlan, Exit, Settings, SettingsArgs, Shutdown};

use crate::effects::run;
use crate::options::MasterOptions;
use crate::progress::Progress;
use crate::steps::Steps;

/// Runs the master of a cluster, which exits when the result is written.
#[derive(Debug, Parser)]
#[command(name = "master", version)]
struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Entry point of a master for the jobs of `registry`. Call it first in `main`.
pub fn main(registry: Registry) -> ExitCode {
    match settings::parse_arguments() {
        Ok(Args { settings }) => run_with(&settings, &registry),
        Err(code) => code,
    }
}

/// Runs a master with parsed arguments, for the jobs of `registry`.
pub fn run_with(args: &SettingsArgs, registry: &Registry) -> ExitCode {
    match settings::bootstrap_steps(args) {
        Ok(steps) => settings::run_program(run_steps(Steps::new(steps), registry)),
        Err(code) => code,
    }
}

/// Runs one step after the other.
async fn run_steps(mut steps: Steps, registry: &Registry) -> ExitCode {
    let shutdown = Shutdown::listen();
    let settings: Vec<Settings> = steps.iter().map(|step| step.settings.clone()).collect();
    let store = match settings::redis_store(&settings[0]) {
        Ok(store) => store,
        Err(code) => return code,
    };
    tracing::info!(redis = settings[0].redis.shown_url(), "master started");
    let options = match steps.options(registry) {
        Ok(options) => options,
        Err(error) => return settings::fail(error.exit(), &error),
    };
    for (nth, (settings, mut options)) in settings.iter().zip(options).enumerate() {
        steps.connect(&mut options);
        let options = MasterOptions {
            crash: CrashPlan::new(&settings.crash),
            ..options
        };
        let mut progress = Progress::default();
        let blobs = settings::blob_store(settings, &store);
        let outcome = run(store.clone(), blobs, options, shutdown.token(), |status| {
            progress.log(status);
        });
        match outcome.await {
            Ok(summary) => {
                tracing::info!("{summary}");
                for note in summary.notes() {
                    tracing::warn!("{note}");
                }
                steps.mark_finished(nth, &summary);
            }
            Err(error) => return settings::fail(error.exit(), &error),
        }
    }
    Exit::Done.into()
}
