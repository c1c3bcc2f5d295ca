//! The run of a job, from its input files to the published result.

use mapreduce_core::ValueKind;
use mapreduce_core::{Counters, Plan, PlanHash};
use mapreduce_formats::output::ResultTotals;
use store::{BlobStore, JobRef, JobStatus, JobStore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::presence::Presence;
use super::shell::Shell;
use super::{capacity, checkpoint};
use crate::error::MasterError;
use crate::options::MasterOptions;
use crate::output::{PreparedOutput, bad_records};
use crate::planner;
use crate::summary::Summary;

/// Runs a job from its input files to the published result. The tasks store their outputs in `blobs`. Calls `progress`
/// whenever the status of the job changes. Stops at `stop`, so that the job can be resumed.
///
/// # Errors
/// See [`MasterError`]. The output is then the same as before.
pub async fn run<S: JobStore, B: BlobStore>(
    store: S,
    blobs: B,
    options: MasterOptions,
    stop: CancellationToken,
    progress: impl FnMut(&JobStatus) + Send,
) -> Result<Summary, MasterError> {
    let start = Instant::now();
    let output = PreparedOutput::prepare(&options.destination())?;
    // Cancellation is safe: the next master can repeat every step.
    let Finished {
        plan,
        counters,
        written,
        tasks,
        has_lines,
    } = tokio::select! {
        // Boxed, because the compiler refuses types of futures that nest too deep.
        outcome = Box::pin(plan_and_run(store, blobs, &options, output, progress)) => outcome?,
        () = stop.cancelled() => return Err(MasterError::Interrupted),
    };
    let spec = options.request.spec;
    Ok(Summary {
        job: spec.name,
        was_done: options.done == Some(plan),
        plan,
        tasks,
        counters,
        written,
        top: spec.top,
        elapsed: start.elapsed(),
        has_lines,
        output: options.output,
        format: options.format,
    })
}

/// Finished job.
struct Finished {
    plan: PlanHash,
    counters: Counters,
    written: ResultTotals,
    tasks: u32,
    /// True if the rows of the result are lines of text.
    has_lines: bool,
}

async fn plan_and_run<S: JobStore, B: BlobStore>(
    store: S,
    blobs: B,
    options: &MasterOptions,
    output: PreparedOutput,
    progress: impl FnMut(&JobStatus) + Send,
) -> Result<Finished, MasterError> {
    // Presence comes before planning, which may take long: workers must know that a master exists.
    let presence = settings::retry("connect to the store", options.deadline, || async {
        store.connect().await?;
        Presence::announce(store.clone()).await
    });
    let presence = presence.await?;
    let plan = planner::plan(&options.request).await?;
    let finished = Finished {
        plan: plan.hash(),
        counters: Counters::default(),
        written: ResultTotals::default(),
        tasks: plan.total(),
        has_lines: plan.spec().shape.value == ValueKind::Line,
    };
    if options.done == Some(plan.hash()) {
        drop(presence);
        dismiss_workers(&store, options).await?;
        return Ok(finished);
    }
    // A lack of space is reported before any task runs.
    let shuffle_bytes = capacity::check(&plan, &options.request, &store, &blobs).await?;
    info!(tasks = plan.total(), bytes = plan.input_bytes(), shuffle_bytes, plan = %plan.hash(), "job planned");
    if finished.tasks == 0 {
        let written = publish_empty_result(&plan, options, output).await?;
        drop(presence);
        dismiss_workers(&store, options).await?;
        return Ok(Finished {
            written,
            ..finished
        });
    }
    let checkpoints = options
        .checkpoint
        .map(|interval| checkpoint::every(interval, store.clone()));
    let mut shell = Shell::new(store, blobs, options, plan, progress, presence);
    // Boxed for the same reason as in `run`.
    let outcome = Box::pin(shell.run(output)).await;
    drop(checkpoints);
    let (counters, written) = outcome?;
    Ok(Finished {
        counters,
        written,
        ..finished
    })
}

/// Publishes the result of a job without input, for which there are no tasks.
async fn publish_empty_result(
    plan: &Plan,
    options: &MasterOptions,
    output: PreparedOutput,
) -> Result<ResultTotals, MasterError> {
    let destination = options.destination().planned(plan.spec());
    let job = JobRef {
        id: options.fresh.clone(),
        plan: plan.hash(),
    };
    let filled = output
        .fill_with_counts(&job, Vec::new(), &destination, &options.crash)
        .await
        .map_err(|failure| failure.error)?;
    if let Some(path) = destination.bad_records_file() {
        bad_records::remove(path)?;
    }
    let published = filled.publish(&job, &options.crash).await;
    Ok(published.map_err(|(_, error)| error)?.written)
}

/// Lets waiting workers end, unless another step of the job follows.
async fn dismiss_workers<S: JobStore>(
    store: &S,
    options: &MasterOptions,
) -> Result<(), MasterError> {
    if !options.has_next_step() {
        store.dismiss_workers().await?;
    }
    Ok(())
}
