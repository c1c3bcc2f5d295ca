//! The program `master`: plans a job in Redis, watches over it and writes its result.

use std::process::ExitCode;

use clap::Parser;
use mapreduce::Registry;
use runtime::{CrashPlan, Exit, Settings, SettingsArgs, Shutdown};

use crate::{Options, Progress};

/// The master of a cluster; it ends when the result is written.
#[derive(Debug, Parser)]
#[command(name = "master", version)]
struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// All that the program does, for the jobs of `registry`: call it first in `main`.
pub fn main(registry: Registry) -> ExitCode {
    let begun = runtime::parse_arguments().and_then(|args: Args| runtime::begin(&args.settings));
    begun.map_or_else(|code| code, |settings| lead(&settings, &registry))
}

#[tokio::main]
async fn lead(settings: &Settings, registry: &Registry) -> ExitCode {
    let shutdown = Shutdown::listen();
    tracing::info!(redis = settings.redis.shown_url(), "started");
    let store = match runtime::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let options = match Options::new(settings, registry) {
        Ok(options) => Options {
            crash: CrashPlan::new(&settings.crash),
            ..options
        },
        Err(error) => return runtime::fail(error.exit(), &error),
    };
    let mut progress = Progress::default();
    let blobs = runtime::blobs(settings, &store);
    let leading = crate::run(store, blobs, options, shutdown.token(), |status| {
        progress.log(status)
    });
    match leading.await {
        Ok(summary) => {
            tracing::info!("{summary}");
            for note in summary.notes() {
                tracing::warn!("{note}");
            }
            Exit::Done.into()
        }
        Err(error) => runtime::fail(error.exit(), &error),
    }
}
