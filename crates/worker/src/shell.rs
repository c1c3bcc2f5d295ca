//! The worker's edge: performs the actions of [`Core`] and reports what came of them.
//!
//! Every action is a future that ends with an event; one loop takes the events as they come. Mapping
//! runs on blocking threads, so heartbeats go out however busy the cores are.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use store::{BlobStore, JobRef, TaskRef, TaskStore};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, trace, warn};

use crate::core::{Action, Core, Event, Job};
use crate::hands::{Hands, Outcome};
use crate::{Options, WorkerError};

/// How long tasks in hand may go on after SIGTERM: below the ten seconds that Docker waits by default.
const GRACE: Duration = Duration::from_secs(8);
/// How long giving tasks back may take after that.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Works on the store's jobs, whose runs lie in `blobs`, until one is over, or until `stop`, which lets tasks in hand finish.
///
/// # Errors
/// If the store is away for longer than `options.deadline` or refuses for good.
pub async fn run<S: TaskStore, B: BlobStore>(
    store: S,
    blobs: B,
    options: Options,
    stop: CancellationToken,
) -> Result<(), WorkerError> {
    let mut core = Core::new(options.limits);
    let period = options.lease / 3;
    let mut beat = interval_at(Instant::now() + period, period);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let hands = Hands::new(store, blobs, options, stop.clone());
    // An unfit store is refused at once, not mistaken for one without a job. Safe to cancel: it takes nothing.
    tokio::select! {
        connected = hands.connect() => connected?,
        () = stop.cancelled() => return Ok(()),
    }
    let mut shell = Shell::new(hands);
    let mut stopped: Option<Instant> = None;
    let mut grace_over = false;
    let mut joined = None;
    let mut event = Event::Started;
    loop {
        trace!(?event, "happened");
        if let Event::Job(Some(found)) = &event
            && joined.as_ref() != Some(found)
        {
            info!(job = %found.job.id, worker = %shell.hands.name(), "joined");
            joined = Some(found.clone());
        }
        for action in core.step(event) {
            trace!(?action, "next");
            if matches!(action, Action::Leave) {
                return Ok(());
            }
            shell.perform(action);
        }
        let end = stopped.unwrap_or_else(Instant::now) + GRACE;
        // All branches are safe to cancel: what runs stays in its set until its end is taken. In this order, since
        // what is ended may be followed by more without end.
        event = tokio::select! {
            biased;
            () = stop.cancelled(), if stopped.is_none() => {
                info!("finishing the tasks in hand");
                stopped = Some(Instant::now());
                Event::Terminate
            }
            () = sleep_until(end), if stopped.is_some() && !grace_over => {
                grace_over = true;
                Event::GraceOver
            }
            () = sleep_until(end + LAST_WORDS), if grace_over => {
                warn!("left with tasks in hand; others take them when their leases end");
                return Ok(());
            }
            _ = beat.tick() => Event::Beat,
            Some(outcome) = shell.running.next() => outcome?,
        };
    }
}

struct Shell<S, B> {
    hands: Arc<Hands<S, B>>,
    /// Set to stop an attempt; by job and delivery.
    cancels: HashMap<(JobRef, String), Arc<AtomicBool>>,
    running: FuturesUnordered<BoxFuture<'static, Outcome>>,
}

impl<S: TaskStore, B: BlobStore> Shell<S, B> {
    fn new(hands: Arc<Hands<S, B>>) -> Self {
        Self {
            hands,
            cancels: HashMap::new(),
            running: FuturesUnordered::new(),
        }
    }

    fn perform(&mut self, action: Action) {
        let hands = self.hands.clone();
        let future = match action {
            Action::NextJob => hands.next_job().boxed(),
            Action::JobAgain => hands.job_again().boxed(),
            Action::Claim(job, count, within) => hands.claim(job, count, within).boxed(),
            Action::Recover(job) => hands.recover(job).boxed(),
            Action::Reclaim(job, count) => hands.reclaim(job, count).boxed(),
            Action::Backup(job) => hands.backup(job).boxed(),
            Action::Standing(job) => hands.standing(job).boxed(),
            Action::Renew(job, tasks) => hands.renew(job, tasks).boxed(),
            Action::Attempt(job, claim) => {
                let cancelled = Arc::new(AtomicBool::new(false));
                self.cancels
                    .insert(place(&job, &claim.task), cancelled.clone());
                hands.attempt(job, claim, cancelled).boxed()
            }
            Action::Cancel(job, task) => {
                if let Some(cancelled) = self.cancels.remove(&place(&job, &task)) {
                    cancelled.store(true, Ordering::Relaxed);
                }
                return;
            }
            Action::Commit(job, finished, tries) => {
                self.cancels.remove(&place(&job, &finished.commit.task));
                hands.commit(job, finished, tries).boxed()
            }
            Action::Reopen(job, task, runs) => {
                self.cancels.remove(&place(&job, &task));
                hands.reopen(job, task, runs).boxed()
            }
            Action::GiveBack(job, task, blame) => {
                self.cancels.remove(&place(&job, &task));
                hands.give_back(job, task, blame).boxed()
            }
            Action::Leave => return,
        };
        self.running.push(future);
    }
}

fn place(job: &Job, task: &TaskRef) -> (JobRef, String) {
    (job.job.clone(), task.entry.clone())
}
