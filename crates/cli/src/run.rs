//! `mapreduce run`: the master and a worker of a cluster in one process, over the embedded store.

use std::future::pending;
use std::process::ExitCode;

use mapreduce_job::Registry;
use master::{MasterError, MasterOptions, Steps, Summary};
use settings::{CrashPlan, Exit, Settings, Shutdown, Step};
use store::{AnyBlobs, EmbeddedStore, FolderBlobs, MemoryBlobs};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use worker::{StepPaths, WorkerError};

use crate::input_streams::copy_streams;
use crate::output::{print_line, print_line_to_stderr};
use crate::progress::Bar;

/// Runs the steps of a job one after the other. Their mappers and reducers come from `registry`.
#[tokio::main]
pub(crate) async fn run(mut steps: Vec<Step>, registry: Registry) -> ExitCode {
    let shutdown = Shutdown::listen();
    let _copies = match copy_streams(&mut steps, &shutdown).await {
        Ok(folder) => folder,
        Err(code) => return code,
    };
    let mut steps = Steps::new(steps);
    let settings: Vec<Settings> = steps.iter().map(|step| step.settings.clone()).collect();
    let options = match steps.options(&registry) {
        Ok(options) => options,
        Err(error) => return settings::fail(error.exit(), &error),
    };
    let print = match options.iter().any(MasterOptions::writes_to_stdout) {
        true => print_line_to_stderr,
        false => print_line,
    };
    for (nth, (settings, mut options)) in settings.iter().zip(options).enumerate() {
        steps.connect(&mut options);
        let summary = match run_step(options, settings, &registry, &shutdown).await {
            Ok(summary) => summary,
            Err(code) => return code,
        };
        print(&summary.to_string());
        for note in summary.notes() {
            print(&note);
        }
        steps.mark_finished(nth, &summary);
    }
    Exit::Done.into()
}

/// Runs one step: a master with `options`, and a worker.
async fn run_step(
    options: master::MasterOptions,
    settings: &Settings,
    registry: &Registry,
    shutdown: &Shutdown,
) -> Result<Summary, ExitCode> {
    let store = EmbeddedStore::default();
    let blobs: AnyBlobs = match &settings.shuffle.store {
        Some(folder) => FolderBlobs::new(folder, settings.shuffle.expire).into(),
        None => MemoryBlobs::default().into(),
    };
    let crash = CrashPlan::new(&settings.crash);
    let master_options = master::MasterOptions {
        crash: crash.clone(),
        // The store does not outlive the step, so no other master can resume it.
        resumable: false,
        ..options
    };
    let worker_options = worker_options(&master_options, settings, registry, crash);
    let stop = CancellationToken::new();
    let work = worker::run(store.clone(), blobs.clone(), worker_options, stop);
    // Dropping the handle stops the worker. It has nothing left to do once the master has ended.
    let worker = AbortOnDropHandle::new(tokio::spawn(work));

    let mut bar = Bar::default();
    let token = shutdown.token();
    let master = master::run(store, blobs, master_options, token, |status| {
        bar.show(status);
    });
    // Cancellation is safe: the branch that ends first ends the step, and the store ends with it.
    let outcome = tokio::select! {
        outcome = master => outcome,
        error = worker_failure(worker) => {
            bar.clear();
            return Err(settings::fail(Exit::JobFailed, &format!("the worker failed: {error}")));
        }
    };
    bar.clear();
    outcome.map_err(|error| match error {
        // The master's own message explains how to resume the job, which is impossible here.
        MasterError::Interrupted => settings::fail(
            Exit::Interrupted,
            &"interrupted; nothing was written, and the next run starts from the beginning",
        ),
        error => settings::fail(error.exit(), &error),
    })
}

/// Returns the options of the only worker of a step.
fn worker_options(
    master: &master::MasterOptions,
    settings: &Settings,
    registry: &Registry,
    crash: CrashPlan,
) -> worker::WorkerOptions {
    // A worker looks up its settings by the number of the step. This one runs a single step, so the settings of that
    // step stand in for all steps.
    let steps = master.request.spec.step;
    let count = steps.map_or(1, |step| step.count as usize);
    let mut options = worker::WorkerOptions {
        crash,
        step_paths: vec![StepPaths::new(settings); count],
        ..worker::WorkerOptions::new(settings::worker_name(), registry.clone(), settings)
    };
    // A backup attempt would run in the same process and could not be faster.
    options.limits.backups = false;
    options
}

/// Waits until the worker fails, and returns the reason. Never returns if the worker succeeds.
async fn worker_failure(worker: AbortOnDropHandle<Result<(), WorkerError>>) -> String {
    match worker.await {
        Ok(Ok(())) => pending().await,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic.to_string(),
    }
}
