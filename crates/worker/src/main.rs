//! The binary `worker`: works on the jobs that a master plans in Redis, and ends when one is over.

use std::process::ExitCode;

use clap::Parser;
use runtime::{CrashPlan, Exit, Settings, SettingsArgs, Shutdown};
use worker::Options;

/// A worker of the cluster; any number may run, anywhere the input and Redis can be reached.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

fn main() -> ExitCode {
    let begun = runtime::parse_arguments().and_then(|args: Args| runtime::begin(&args.settings));
    begun.map_or_else(|code| code, |settings| work(&settings))
}

#[tokio::main]
async fn work(settings: &Settings) -> ExitCode {
    let shutdown = Shutdown::listen();
    let name = runtime::worker_name();
    tracing::info!(worker = %name, slots = settings.worker.slots, redis = settings.redis.shown_url(), "started");
    let store = match runtime::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let options = Options {
        crash: CrashPlan::new(&settings.crash),
        ..Options::new(name, settings)
    };
    match worker::run(
        store.clone(),
        runtime::blobs(settings, &store),
        options,
        shutdown.token(),
    )
    .await
    {
        Ok(()) => {
            tracing::info!("done");
            Exit::Done.into()
        }
        Err(error) => runtime::fail(error.exit(), &error),
    }
}
