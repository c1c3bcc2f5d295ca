//! `mapreduce run`: the master and a worker of the cluster, in one process, over the embedded store.

use std::process::ExitCode;

use runtime::{CrashPlan, Exit, Settings, Shutdown};
use store::EmbeddedStore;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::progress::Bar;

/// Runs the job that `settings` describe.
#[tokio::main]
pub(crate) async fn run(settings: &Settings) -> ExitCode {
    let shutdown = Shutdown::listen();
    let store = EmbeddedStore::default();
    let crash = CrashPlan::new(&settings.crash);
    let work = worker::Options {
        crash: crash.clone(),
        ..worker::Options::new(runtime::worker_name(), settings)
    };
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run(store.clone(), work, stop.clone()));

    let lead = master::Options {
        crash,
        ..master::Options::new(settings)
    };
    let mut bar = Bar::default();
    let outcome = master::run(store, lead, shutdown.token(), |status| bar.show(status)).await;
    bar.clear();
    // The job is over, whatever became of it: the worker has nothing left to finish.
    stop.cancel();
    worker.abort();
    debug!(ended = worker.is_finished(), "worker stopped");
    match outcome {
        Ok(summary) => {
            say(&summary.to_string());
            for note in notes(&summary.counters) {
                say(&note);
            }
            Exit::Done.into()
        }
        Err(error) => runtime::fail(error.exit(), &error),
    }
}

/// What was odd about the input.
fn notes(counters: &mapreduce::Counters) -> Vec<String> {
    let notes = [
        (
            counters.short_records,
            "records had fewer cells than the header",
        ),
        (
            counters.invalid_utf8,
            "invalid UTF-8 sequences became U+FFFD",
        ),
        (counters.nul_bytes, "NUL bytes were found"),
    ];
    let odd = notes.into_iter().filter(|(count, _)| *count > 0);
    odd.map(|(count, what)| format!("note: {count} {what}"))
        .collect()
}

#[expect(
    clippy::print_stdout,
    reason = "the answer of a command goes to standard output"
)]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
