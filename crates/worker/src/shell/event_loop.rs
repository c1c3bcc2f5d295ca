//! Event loop of the worker.
//!
//! Every action is a future that ends with an event, and one loop takes the events in the order of their arrival.
//! Attempts run on blocking threads, so that heartbeats go out while all cores are busy.

use std::time::Duration;

use store::{BlobStore, TaskStore};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, trace, warn};

use super::dispatcher::Dispatcher;
use crate::core::{Core, SharedJob, WorkerAction, WorkerEvent};
use crate::error::WorkerError;
use crate::executor::Executor;
use crate::options::WorkerOptions;

/// Grace period of running tasks after SIGTERM. Together with [`RETURN_TIME`] it ends before Docker sends SIGKILL, ten
/// seconds after SIGTERM by default.
const GRACE: Duration = Duration::from_secs(8);
/// Time to give tasks back after the grace period.
const RETURN_TIME: Duration = Duration::from_secs(1);

/// Progress of a shutdown.
#[derive(Debug, Clone, Copy)]
enum Shutdown {
    NotRequested,
    /// Running tasks may finish until this time.
    Grace(Instant),
    /// The grace period is over. Tasks may be given back until this time.
    Returning(Instant),
}

impl Shutdown {
    /// Returns the time of the next change, or one that is never awaited.
    fn deadline(self) -> Instant {
        match self {
            Self::NotRequested => Instant::now(),
            Self::Grace(end) | Self::Returning(end) => end,
        }
    }
}

/// Works on the jobs of `store`, whose runs are in `blobs`, until a job is over. After `stop`, the worker finishes its
/// running tasks first.
///
/// # Errors
/// If the store is unreachable for longer than `options.deadline`, or rejects this worker permanently.
pub async fn run<S: TaskStore, B: BlobStore>(
    store: S,
    blobs: B,
    options: WorkerOptions,
    stop: CancellationToken,
) -> Result<(), WorkerError> {
    let mut core = Core::new(options.limits);
    // Two heartbeats may fail before a lease expires.
    let period = options.lease / 3;
    let mut beat = interval_at(Instant::now() + period, period);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let executor = Executor::new(store, blobs, options, stop.clone());
    // A misconfigured store is an error at once, and not mistaken for a store without a job. Cancellation is safe: a
    // connection claims nothing.
    tokio::select! {
        connected = executor.connect() => connected?,
        () = stop.cancelled() => return Ok(()),
    }
    let mut dispatcher = Dispatcher::new(executor);
    let mut shutdown = Shutdown::NotRequested;
    let mut joined = None;
    let mut event = WorkerEvent::Started;
    loop {
        trace!(?event, "event received");
        log_joined(&event, &mut joined, dispatcher.executor());
        for action in core.step(event) {
            trace!(?action, "action started");
            if matches!(action, WorkerAction::Leave) {
                return Ok(());
            }
            dispatcher.dispatch(action);
        }
        // Cancellation is safe in all branches: actions stay in their set until their outcome is taken. Signals come
        // first, because a steady stream of outcomes would otherwise delay them.
        event = tokio::select! {
            biased;
            () = stop.cancelled(), if matches!(shutdown, Shutdown::NotRequested) => {
                info!("received a signal; finishing the running tasks");
                shutdown = Shutdown::Grace(Instant::now() + GRACE);
                WorkerEvent::Terminate
            }
            () = sleep_until(shutdown.deadline()), if !matches!(shutdown, Shutdown::NotRequested) => {
                match shutdown {
                    Shutdown::Grace(end) => {
                        shutdown = Shutdown::Returning(end + RETURN_TIME);
                        WorkerEvent::GraceOver
                    }
                    Shutdown::NotRequested | Shutdown::Returning(_) => {
                        warn!("exiting with unfinished tasks; other workers reclaim them when their leases expire");
                        return Ok(());
                    }
                }
            }
            _ = beat.tick() => WorkerEvent::Beat,
            Some(outcome) = dispatcher.next() => outcome?,
        };
    }
}

/// Logs a job that the worker joins, once.
fn log_joined<S: TaskStore, B: BlobStore>(
    event: &WorkerEvent,
    joined: &mut Option<SharedJob>,
    executor: &Executor<S, B>,
) {
    if let WorkerEvent::Job(Some(found)) = event
        && joined.as_ref() != Some(found)
    {
        info!(job = %found.job.id, worker = %executor.name(), "joined");
        *joined = Some(found.clone());
    }
}
