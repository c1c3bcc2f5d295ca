//! `mapreduce run`: the master and a worker of the cluster, in one process, over the embedded store.

use std::future::pending;
use std::io::Write;
use std::process::ExitCode;

use mapreduce::Registry;
use master::{MasterError, Steps, Summary};
use runtime::{CrashPlan, Exit, Settings, Shutdown};
use store::{Blobs, EmbeddedStore, FolderBlobs, MemoryBlobs};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use worker::{Place, WorkerError};

use crate::progress::Bar;

/// Runs `steps`, one after the other; their jobs are of `registry`.
#[tokio::main]
pub(crate) async fn run(mut steps: Steps, registry: Registry) -> ExitCode {
    let shutdown = Shutdown::listen();
    let settings: Vec<Settings> = steps.iter().map(|step| step.settings.clone()).collect();
    let options = match steps.options(&registry) {
        Ok(options) => options,
        Err(error) => return runtime::fail(error.exit(), &error),
    };
    for (nth, (settings, lead)) in settings.iter().zip(options).enumerate() {
        let summary = match run_step(lead, settings, &registry, &shutdown).await {
            Ok(summary) => summary,
            Err(code) => return code,
        };
        say(&summary.to_string());
        for note in summary.notes() {
            say(&note);
        }
        steps.finished(nth, &summary);
    }
    Exit::Done.into()
}

/// Runs the step that `settings` describe and `lead` leads.
async fn run_step(
    lead: master::Options,
    settings: &Settings,
    registry: &Registry,
    shutdown: &Shutdown,
) -> Result<Summary, ExitCode> {
    let store = EmbeddedStore::default();
    let blobs: Blobs = match &settings.shuffle.store {
        Some(folder) => FolderBlobs::new(folder, settings.shuffle.expire).into(),
        None => MemoryBlobs::default().into(),
    };
    let crash = CrashPlan::new(&settings.crash);
    let lead = master::Options {
        crash: crash.clone(),
        // The store ends with the step.
        resumes: false,
        ..lead
    };
    // This worker does this step alone, and finds its place by the number of the step.
    let steps = lead.request.spec.step.map_or(1, |step| step.count as usize);
    let mut work = worker::Options {
        crash,
        places: vec![Place::new(settings); steps],
        ..worker::Options::new(runtime::worker_name(), registry.clone(), settings)
    };
    // There is nobody else to be slow.
    work.limits.backups = false;
    let working = worker::run(store.clone(), blobs.clone(), work, CancellationToken::new());
    // Dropping it stops the worker: once the master has ended there is nothing left to finish.
    let worker = AbortOnDropHandle::new(tokio::spawn(working));

    let mut bar = Bar::default();
    let leading = master::run(store, blobs, lead, shutdown.token(), |status| {
        bar.show(status)
    });
    // Cancellation is safe: whichever ends first ends the process, and nothing outlives it.
    let outcome = tokio::select! {
        outcome = leading => outcome,
        error = failure(worker) => {
            bar.clear();
            return Err(runtime::fail(Exit::JobFailed, &format!("the worker ended: {error}")));
        }
    };
    bar.clear();
    outcome.map_err(|error| match error {
        // Here no store outlives the process.
        MasterError::Interrupted => runtime::fail(
            Exit::Interrupted,
            &"interrupted; nothing was written, and the next run starts anew",
        ),
        error => runtime::fail(error.exit(), &error),
    })
}

/// Why the worker ended before its job was over; never, if it did not.
async fn failure(worker: AbortOnDropHandle<Result<(), WorkerError>>) -> String {
    match worker.await {
        Ok(Ok(())) => pending().await,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic.to_string(),
    }
}

/// Prints a line of the answer. A reader who has gone away, as `head` does, is no error.
pub(crate) fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
