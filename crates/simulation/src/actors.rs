//! Master and workers: the real programs' loops, which can be killed, paused and started again.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures::task::AtomicWaker;
use mapreduce::{JobId, WorkerName};
use master::{MasterError, Summary};
use store::{RedisStore, StoreError};
use tokio::sync::Notify;
use tokio::task::JoinError;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use worker::WorkerError;

use crate::job::Job;
use crate::link::SimulatedLink;
use crate::world::{Client, Shared, World};

/// How long runs last that nobody keeps.
const EXPIRE: Duration = Duration::from_secs(600);

/// How long a master takes at most to begin, once it has found no room.
const BEGINNING: Duration = Duration::from_secs(60);

/// What came of work that was not killed; the error is a panic.
type Ended<T> = Result<T, JoinError>;

/// Where somebody is killed and paused.
#[derive(Debug, Default)]
pub(crate) struct Control {
    kill: Notify,
    paused: AtomicBool,
    gone: AtomicBool,
    waker: AtomicWaker,
    away: Mutex<Duration>,
}

impl Control {
    /// Kills; what comes after it starts once it has been `away`.
    pub(crate) fn kill(&self, away: Duration) {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = away;
        self.kill.notify_one();
    }

    /// Kills for good: nothing comes after it.
    pub(crate) fn remove(&self) {
        self.gone.store(true, Ordering::Relaxed);
        self.kill.notify_one();
    }

    /// Stops or continues, as SIGSTOP and SIGCONT do.
    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
        self.waker.wake();
    }

    fn away(&self) -> Duration {
        std::mem::take(&mut *self.away.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs `work` while it is not paused.
    async fn under<F: Future>(self: Arc<Self>, work: F) -> F::Output {
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

    /// Runs `work` until it ends or is killed; `None` if that.
    async fn run<F>(self: &Arc<Self>, work: F) -> Option<Ended<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let task = tokio::spawn(Arc::clone(self).under(work));
        let mut task = AbortOnDropHandle::new(task);
        tokio::select! {
            biased;
            () = self.kill.notified() => {
                drop(task);
                // What comes next starts with fresh legs.
                self.pause(false);
                None
            }
            ended = &mut task => Some(ended),
        }
    }
}

/// Keeps a worker running until `over`, whatever becomes of each.
pub(crate) async fn keep_worker(
    shared: Arc<Shared>,
    client: Client,
    job: Arc<Job>,
    control: Arc<Control>,
    over: CancellationToken,
) {
    let mut incarnation = 0;
    while !over.is_cancelled() && !control.gone.load(Ordering::Relaxed) {
        incarnation += 1;
        let name = WorkerName::new(format!("w{client}.{incarnation}"));
        let link = SimulatedLink::new(Arc::clone(&shared), client);
        let store = RedisStore::over(Arc::new(link));
        let blobs = store.blobs(EXPIRE);
        let options = job.worker(name, client);
        let work = worker::run(store, blobs, options, CancellationToken::new());
        let ended = control.run(Box::pin(work)).await;
        note_end(&shared, client, job.deadline, ended);
        // As something restarts what has ended.
        drop(
            timeout(
                control.away() + Duration::from_millis(100),
                over.cancelled(),
            )
            .await,
        );
    }
}

fn note_end(
    shared: &Shared,
    client: Client,
    deadline: Duration,
    ended: Option<Ended<Result<(), WorkerError>>>,
) {
    let mut world = shared.world();
    world.tell(|| match &ended {
        None => format!("worker {client} is killed"),
        Some(ended) => format!("worker {client} ends: {ended:?}"),
    });
    match ended {
        Some(Err(panic)) => world.violated(format!("worker {client} panicked: {panic}")),
        None | Some(Ok(Ok(()))) => {}
        // It was alone for longer than its deadline, or the job was gone.
        Some(Ok(Err(
            error @ (WorkerError::Gone | WorkerError::Store(StoreError::Unavailable { .. })),
        ))) => gave_up(&mut world, client, deadline, &error),
        Some(Ok(Err(error))) => world.violated(format!("worker {client} ended: {error}")),
    }
}

/// Somebody ends since it has waited for too long: something must have been wrong then.
fn gave_up(world: &mut World, client: Client, patience: Duration, error: &dyn fmt::Display) {
    world.tally.note("gave up");
    let quiet = world.quiet();
    if quiet >= patience {
        world.violated(format!(
            "{client} gave up, though nothing was wrong for {quiet:?}: {error}"
        ));
    }
}

/// Leads the job, with one master after the other, until it is over; the error is why it failed.
pub(crate) async fn lead(
    shared: &Arc<Shared>,
    job: &Job,
    control: &Arc<Control>,
    started: &mut u32,
) -> Result<(), String> {
    loop {
        *started += 1;
        let fresh = JobId::new(format!("job-{started}")).expect("it is an id");
        let link = SimulatedLink::new(Arc::clone(shared), 0);
        let store = RedisStore::over(Arc::new(link));
        let blobs = store.blobs(EXPIRE);
        shared.world().dismissed = None;
        let options = job.master(fresh, *started);
        let work = master::run(store, blobs, options, CancellationToken::new(), |_| {});
        let ended = control.run(Box::pin(work)).await;
        if let Some(outcome) = outcome(shared, job.deadline, ended) {
            return outcome;
        }
        sleep(control.away() + Duration::from_millis(100)).await;
    }
}

/// What a master's end means for the job; `None` if the next master goes on.
fn outcome(
    shared: &Shared,
    deadline: Duration,
    ended: Option<Ended<Result<Summary, MasterError>>>,
) -> Option<Result<(), String>> {
    let mut world = shared.world();
    world.tell(|| match &ended {
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
        // It was alone for longer than its deadline.
        Some(Ok(Err(error @ MasterError::Store(StoreError::Unavailable { .. })))) => {
            gave_up(&mut world, 0, deadline, &error);
            None
        }
        // It began while the server had no memory left.
        Some(Ok(Err(error @ MasterError::NoRoom { .. }))) => {
            gave_up(&mut world, 0, BEGINNING, &error);
            None
        }
        Some(Ok(Err(error))) => {
            world.violated(format!("the master ended: {error}"));
            None
        }
    }
}
