//! `mapreduce run`: the master and a worker of the cluster, in one process, over the embedded store.

use std::io::Write;
use std::process::ExitCode;

use master::MasterError;
use runtime::{CrashPlan, Exit, Settings, Shutdown};
use store::EmbeddedStore;
use tokio_util::sync::CancellationToken;

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
    let worker = tokio::spawn(worker::run(store.clone(), work, CancellationToken::new()));

    let lead = master::Options {
        crash,
        ..master::Options::new(settings)
    };
    let mut bar = Bar::default();
    let outcome = master::run(store, lead, shutdown.token(), |status| bar.show(status)).await;
    bar.clear();
    // The job is over, whatever became of it: the worker has nothing left to finish.
    worker.abort();
    match outcome {
        Ok(summary) => {
            say(&summary.to_string());
            for note in notes(&summary.counters) {
                say(&note);
            }
            Exit::Done.into()
        }
        // Here no store outlives the process.
        Err(MasterError::Interrupted) => runtime::fail(
            Exit::Interrupted,
            &"interrupted; nothing was written, and the next run starts anew",
        ),
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

/// Prints a line of the answer. A reader who has gone away, as `head` does, is no error.
pub(crate) fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
