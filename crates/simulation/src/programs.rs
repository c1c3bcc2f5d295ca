//! Master and workers: the loops of the real programs, which can be killed, paused and restarted.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures::task::AtomicWaker;
use mapreduce_core::{JobId, WorkerName};
use master::{MasterError, Summary};
use store::{RedisStore, StoreError};
use tokio::sync::Notify;
use tokio::task::JoinError;
use tokio::time::{self, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use worker::WorkerError;

use crate::client_id::ClientId;
use crate::job::Job;
use crate::network::SimulatedConnections;
use crate::shared_world::SharedWorld;
use crate::world::World;

/// Expiry time of runs.
const EXPIRE: Duration = Duration::from_secs(600);

/// Maximum time of the bootstrap of a master that has found no capacity in Redis.
const BOOTSTRAP: Duration = Duration::from_secs(60);

/// Result of a program that was not killed. The error is a panic.
type Ended<T> = Result<T, JoinError>;

/// Control over a program: kills and pauses.
#[derive(Debug, Default)]
pub(crate) struct Control {
    kill: Notify,
    paused: AtomicBool,
    /// True if the program is killed for good.
    removed: AtomicBool,
    waker: AtomicWaker,
    /// Time between a kill and the restart.
    downtime: Mutex<Duration>,
}

impl Control {
    /// Kills the program. It restarts after `downtime`.
    pub(crate) fn kill(&self, downtime: Duration) {
        *self.downtime.lock().unwrap_or_else(PoisonError::into_inner) = downtime;
        self.kill.notify_one();
    }

    /// Kills the program for good.
    pub(crate) fn remove(&self) {
        self.removed.store(true, Ordering::Relaxed);
        self.kill.notify_one();
    }

    /// Stops or continues the program, like SIGSTOP and SIGCONT.
    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
        self.waker.wake();
    }

    /// Takes the time until the restart.
    fn take_downtime(&self) -> Duration {
        std::mem::take(&mut *self.downtime.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Polls `work` unless the program is paused.
    async fn pausable<F: Future>(self: Arc<Self>, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.waker.register(context.waker());
            if self.paused.load(Ordering::Relaxed) {
                return Poll::Pending;
            }
            work.as_mut().poll(context)
        })
        .await
    }

    /// Runs `work` until it ends. Returns `None` if it is killed.
    async fn run<F>(self: &Arc<Self>, work: F) -> Option<Ended<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let task = tokio::spawn(Arc::clone(self).pausable(work));
        let mut task = AbortOnDropHandle::new(task);
        tokio::select! {
            biased;
            () = self.kill.notified() => {
                drop(task);
                // The next incarnation must not start paused.
                self.pause(false);
                None
            }
            ended = &mut task => Some(ended),
        }
    }
}

/// Runs a worker and restarts it after each end, until `over`.
pub(crate) async fn supervise_worker(
    shared: Arc<SharedWorld>,
    client: ClientId,
    job: Arc<Job>,
    control: Arc<Control>,
    over: CancellationToken,
) {
    let mut incarnation = 0;
    while !over.is_cancelled() && !control.removed.load(Ordering::Relaxed) {
        incarnation += 1;
        let name = WorkerName::new(format!("w{client}.{incarnation}"));
        let connections = SimulatedConnections::new(Arc::clone(&shared), client);
        let store = RedisStore::simulated(Arc::new(connections));
        let blobs = store.blobs(EXPIRE);
        let options = job.worker(name, client);
        let work = worker::run(store, blobs, options, CancellationToken::new());
        let ended = control.run(Box::pin(work)).await;
        check_end(&shared, client, job.deadline, ended);
        // A supervisor restarts a program after a moment.
        drop(
            time::timeout(
                control.take_downtime() + Duration::from_millis(100),
                over.cancelled(),
            )
            .await,
        );
    }
}

/// Checks that a worker may end like this.
fn check_end(
    shared: &SharedWorld,
    client: ClientId,
    deadline: Duration,
    ended: Option<Ended<Result<(), WorkerError>>>,
) {
    let mut world = shared.world();
    world.trace_event(|| match &ended {
        None => format!("worker {client} is killed"),
        Some(ended) => format!("worker {client} ends: {ended:?}"),
    });
    match ended {
        Some(Err(panic)) => world.violated(format!("worker {client} panicked: {panic}")),
        None | Some(Ok(Ok(()))) => {}
        // The store was unreachable for longer than the deadline, or the job no longer exists.
        Some(Ok(Err(
            error @ (WorkerError::PlanMissing | WorkerError::Store(StoreError::Unavailable { .. })),
        ))) => timed_out(&mut world, client, deadline, &error),
        Some(Ok(Err(error))) => world.violated(format!("worker {client} ended: {error}")),
    }
}

/// Checks the end of a program after a timeout. A fault must have been in effect meanwhile.
fn timed_out(world: &mut World, client: ClientId, timeout: Duration, error: &dyn fmt::Display) {
    world.tally.count("timeouts");
    let quiet = world.time_without_faults();
    if quiet >= timeout {
        world.violated(format!(
            "client {client} timed out although there was no fault for {quiet:?}: {error}"
        ));
    }
}

/// Runs one master after the other until the job is over. The error is the reason of its failure.
pub(crate) async fn run_masters(
    shared: &Arc<SharedWorld>,
    job: &Job,
    control: &Arc<Control>,
    started: &mut u32,
) -> Result<(), String> {
    loop {
        *started += 1;
        let fresh = JobId::new(format!("job-{started}")).expect("the id is valid");
        let connections = SimulatedConnections::new(Arc::clone(shared), 0);
        let store = RedisStore::simulated(Arc::new(connections));
        let blobs = store.blobs(EXPIRE);
        shared.world().dismissed = None;
        let options = job.master(fresh, *started);
        let work = master::run(store, blobs, options, CancellationToken::new(), |_| {});
        let ended = control.run(Box::pin(work)).await;
        if let Some(outcome) = outcome(shared, job.deadline, ended) {
            return outcome;
        }
        sleep(control.take_downtime() + Duration::from_millis(100)).await;
    }
}

/// Returns the outcome of the job after the end of a master, or `None` if another master must resume it.
fn outcome(
    shared: &SharedWorld,
    deadline: Duration,
    ended: Option<Ended<Result<Summary, MasterError>>>,
) -> Option<Result<(), String>> {
    let mut world = shared.world();
    world.trace_event(|| match &ended {
        None => "the master is killed".to_owned(),
        Some(Ok(Ok(_))) => "the master is done".to_owned(),
        Some(Ok(Err(error))) => format!("the master ends: {error}"),
        Some(Err(panic)) => format!("the master panics: {panic}"),
    });
    match ended {
        Some(Ok(Ok(_))) => Some(Ok(())),
        Some(Ok(Err(MasterError::Failed { reason, .. }))) => Some(Err(reason)),
        Some(Ok(Err(error @ MasterError::Inexact { .. }))) => {
            world.violated(error.to_string());
            Some(Err(error.to_string()))
        }
        Some(Err(panic)) => {
            world.violated(format!("the master panicked: {panic}"));
            None
        }
        None => None,
        // The store was unreachable for longer than the deadline.
        Some(Ok(Err(error @ MasterError::Store(StoreError::Unavailable { .. })))) => {
            timed_out(&mut world, 0, deadline, &error);
            None
        }
        // The master started while the server had no memory left.
        Some(Ok(Err(error @ MasterError::InsufficientCapacity { .. }))) => {
            timed_out(&mut world, 0, BOOTSTRAP, &error);
            None
        }
        Some(Ok(Err(error))) => {
            world.violated(format!("the master ended: {error}"));
            None
        }
    }
}
