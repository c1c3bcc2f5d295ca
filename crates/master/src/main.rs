//! The binary `master`: plans a job in Redis, watches over it and writes its result.

use std::process::ExitCode;

use clap::Parser;
use master::Options;
use runtime::{CrashPlan, Exit, Settings, SettingsArgs, Shutdown};

/// The master of a cluster; it ends when the result is written.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
}

fn main() -> ExitCode {
    let begun = runtime::parse_arguments().and_then(|args: Args| runtime::begin(&args.settings));
    begun.map_or_else(|code| code, |settings| lead(&settings))
}

#[tokio::main]
async fn lead(settings: &Settings) -> ExitCode {
    let shutdown = Shutdown::listen();
    tracing::info!(redis = settings.redis.shown_url(), "started");
    let store = match runtime::redis_store(settings) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let options = Options {
        crash: CrashPlan::new(&settings.crash),
        ..Options::new(settings)
    };
    let mut progress = master::Progress::default();
    let blobs = runtime::blobs(settings, &store);
    match master::run(store, blobs, options, shutdown.token(), |status| {
        progress.log(status)
    })
    .await
    {
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
