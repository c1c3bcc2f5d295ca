//! The actions of a worker, each a future that ends with an event.

mod bad_records;
mod bench;
mod commit;
mod files;
mod isolate;
mod job_folder;
mod jobs;
mod map;
mod part_file;
mod reduce;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use mapreduce::{Task, WorkerName};
use runtime::CrashPoint;
use store::off_thread;
use store::{
    Backup, Blame, BlobStore, Claim, Renewal, Standing, StoreError, StoreId, StoreResult, TaskRef,
    TaskStore,
};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::core::{AttemptOutcome, Event, Job, LostRun};
use crate::{Options, WorkerError};
use bench::{Bench, attempt_name};

/// Stops mapping when nobody waits for it any more: a process that ends waits for its threads.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What came of an action.
pub(crate) type Outcome = Result<Event, WorkerError>;

/// Longest wait for a task or a job before looking around: how fast an idle worker sees that a job is
/// over, that a lease has expired, or SIGTERM.
const LOOK: Duration = Duration::from_secs(1);
/// Pause before what failed is tried again, so that no lasting fault makes a worker spin.
const PAUSE: Duration = Duration::from_millis(200);
/// How soon a task that pauses sees that it is to stop: well within the last words of a worker.
const STEP: Duration = Duration::from_millis(50);

/// Performs actions on a store.
pub(crate) struct Hands<S, B> {
    store: S,
    blobs: B,
    bench: Arc<Bench>,
    options: Options,
    stop: CancellationToken,
    started: Instant,
    /// Lets few large commits through at once: the store folds one at a time, and what waits here neither
    /// times out there nor keeps connections from heartbeats.
    commits: Semaphore,
    /// Which incarnation of the store this worker knows, and until when it takes no task from others.
    known: Mutex<(Option<StoreId>, Instant)>,
    /// Since when no master has been there after the last one dismissed the workers.
    deserted: Mutex<Option<Instant>>,
    /// Since when no master has watched over this worker's job, and whether that was told.
    unattended: Mutex<Option<(Instant, bool)>>,
}

impl<S: TaskStore, B: BlobStore> Hands<S, B> {
    pub(crate) fn new(store: S, blobs: B, options: Options, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            store,
            blobs,
            bench: Arc::new(Bench::new(&options)),
            options,
            stop,
            started: Instant::now(),
            commits: Semaphore::new(commit::COMMITS as usize),
            known: Mutex::new((None, Instant::now())),
            deserted: Mutex::new(None),
            unattended: Mutex::new(None),
        })
    }

    pub(crate) fn name(&self) -> &WorkerName {
        &self.options.name
    }

    pub(crate) async fn connect(&self) -> Result<(), WorkerError> {
        let connect = || self.store.reconnect();
        self.insist("connect to the store", connect).await?;
        Ok(())
    }

    pub(crate) async fn claim(
        self: Arc<Self>,
        job: Job,
        count: u32,
        within: Option<Duration>,
    ) -> Outcome {
        let Options { name, lease, .. } = &self.options;
        let wait = LOOK.min(*lease / 3).min(within.unwrap_or(LOOK));
        Ok(match self.store.claim(&job.job, name, count, wait).await {
            Ok(claims) => Event::Claimed(claims),
            Err(error) => Event::ClaimFailed(error),
        })
    }

    /// While the store was away nobody could renew a lease: others get one lease's time to do so.
    fn know(&self, store: StoreId) {
        let mut known = self.known.lock().expect("no panic under the lock");
        if known
            .0
            .replace(store.clone())
            .is_some_and(|before| before != store)
        {
            known.1 = Instant::now() + self.options.lease;
        }
    }

    /// While the store refuses or does not answer, others are refused as well: nothing is taken from them meanwhile.
    fn spare_others(&self) {
        self.known.lock().expect("no panic under the lock").1 = Instant::now() + self.options.lease;
    }

    /// Whether leases may not have been renewed because the store was away, or out of memory.
    fn is_new_to_store(&self) -> bool {
        Instant::now() < self.known.lock().expect("no panic under the lock").1
    }

    pub(crate) async fn recover(self: Arc<Self>, job: Job) -> Outcome {
        sleep(PAUSE).await;
        let store = self
            .insist("connect to the store again", || self.store.reconnect())
            .await?;
        self.know(store);
        // Nothing is lost if this fails too: the leases end, and the tasks are claimed again.
        let held = self.store.held(&job.job, &self.options.name).await;
        Ok(Event::Held(held.unwrap_or_default()))
    }

    pub(crate) async fn reclaim(self: Arc<Self>, job: Job, count: u32) -> Outcome {
        let Options { name, lease, .. } = &self.options;
        if self.is_new_to_store() {
            return Ok(Event::Reclaimed(Vec::new()));
        }
        Ok(
            match self.store.reclaim(&job.job, name, *lease, count).await {
                Ok(claims) => {
                    for claim in &claims {
                        info!(job = %job.job.id, task = %claim.task.index, "took over from a silent worker");
                    }
                    Event::Reclaimed(claims)
                }
                Err(error) => Event::ClaimFailed(error),
            },
        )
    }

    pub(crate) async fn backup(self: Arc<Self>, job: Job) -> Outcome {
        let Options { name, lease, .. } = &self.options;
        // How long tasks were held while the store was away says nothing of who holds them.
        if self.is_new_to_store() {
            return Ok(Event::Backup(Backup::None));
        }
        Ok(match self.store.backup(&job.job, name, *lease).await {
            Ok(backup) => {
                if let Backup::Claimed {
                    claim,
                    holder,
                    held,
                } = &backup
                {
                    info!(job = %job.job.id, task = %claim.task.index, %holder, ?held, "started a backup attempt");
                }
                Event::Backup(backup)
            }
            Err(error) => Event::ClaimFailed(error),
        })
    }

    pub(crate) async fn standing(self: Arc<Self>, job: Job) -> Outcome {
        let ask = || self.store.standing(&job.job);
        let standing = self.insist("look at the job", ask).await?;
        self.tell_of_no_master(&job, standing);
        Ok(Event::Standing(standing))
    }

    /// Says once that a job has no master, if one that is restarting would be back by now.
    fn tell_of_no_master(&self, job: &Job, standing: Standing) {
        let mut unattended = self.unattended.lock().expect("no panic under the lock");
        if standing != Standing::Unattended {
            *unattended = None;
            return;
        }
        let (since, told) = unattended.get_or_insert_with(|| (Instant::now(), false));
        if !*told && since.elapsed() >= self.options.deadline {
            warn!(job = %job.job.id, "no master watches over this job; start one, or stop this worker");
            *told = true;
        }
    }

    pub(crate) async fn renew(self: Arc<Self>, job: Job, tasks: Vec<TaskRef>) -> Outcome {
        let name = &self.options.name;
        let renew = || self.store.renew(&job.job, name, &tasks);
        let renewed = match self.insist("renew leases", renew).await {
            // Without a plan there are no leases. What was mapped is claimed anew once there is one.
            Err(StoreError::Lost { .. }) => vec![Renewal::Lost; tasks.len()],
            renewed => renewed?,
        };
        Ok(Event::Renewed(
            job,
            tasks.into_iter().zip(renewed).collect(),
        ))
    }

    pub(crate) async fn attempt(
        self: Arc<Self>,
        job: Job,
        claim: Claim,
        cancelled: Arc<AtomicBool>,
    ) -> Outcome {
        self.options.crash.reach(CrashPoint::AfterClaim);
        // The pause counts: others may do what this worker would claim ahead and not get to.
        let start = Instant::now();
        // Even a sleep of nothing takes a tick of the timer, a millisecond.
        if !self.options.slow.is_zero() {
            self.slow_down(&cancelled).await;
        }
        let _stop = StopOnDrop(cancelled.clone());
        let outcome = self.perform(&job, &claim, cancelled).await?;
        Ok(Event::Attempted(job, claim, outcome, start.elapsed()))
    }

    async fn perform(
        &self,
        job: &Job,
        claim: &Claim,
        cancelled: Arc<AtomicBool>,
    ) -> Result<AttemptOutcome, WorkerError> {
        let index = claim.task.index;
        let fetch = self.fetch_files(job, &cancelled, files::PATIENCE);
        let files = match fetch.boxed().await? {
            Ok(files) => files,
            Err(outcome) => return Ok(outcome),
        };
        // What comes from the store is not trusted to be what a master of ours wrote.
        let what = match claim.payload.as_deref() {
            Ok(Task::Map(split)) if index.0 < job.maps => {
                let (bench, job, claim) = (self.bench.clone(), job.clone(), claim.clone());
                let split = split.clone();
                let mapping =
                    off_thread(move || map::map(&bench, &job, &claim, &files, split, &cancelled));
                return Ok(mapping
                    .await
                    .unwrap_or_else(|panic| AttemptOutcome::Failed {
                        reason: format!("task {index}: the mapper panicked: {panic}"),
                        hopeless: false,
                    }));
            }
            Ok(&Task::Reduce(partition)) if partition < job.spec.reduces => {
                // Boxed, as below: the compiler gives up on futures that nest too deep.
                let reduce = || {
                    self.reduce(job, claim, &files, partition, cancelled.clone())
                        .boxed()
                };
                return match self.insist("reduce", reduce).await {
                    // The plan is gone: the task is claimed anew once there is one.
                    Err(StoreError::Lost { .. }) => Ok(AttemptOutcome::NotReady),
                    outcome => Ok(outcome?),
                };
            }
            Ok(_) => "is none of the plan".to_owned(),
            Err(error) => format!("cannot be read: {}", error.reason),
        };
        Ok(AttemptOutcome::Failed {
            reason: format!("task {index}: it {what}; run master and workers of the same version"),
            hopeless: true,
        })
    }

    /// The pause that `worker.slow` asks for; a task that is to stop does not wait for its end.
    async fn slow_down(&self, cancelled: &AtomicBool) {
        let end = Instant::now() + self.options.slow;
        while Instant::now() < end && !cancelled.load(Ordering::Relaxed) {
            sleep_until(end.min(Instant::now() + STEP)).await;
        }
    }

    pub(crate) async fn reopen(
        self: Arc<Self>,
        job: Job,
        task: TaskRef,
        runs: Vec<LostRun>,
    ) -> Outcome {
        for run in &runs {
            warn!(job = %job.job.id, task = %run.task, attempt = run.attempt, "a run is lost; it is made again");
        }
        let reopen = || self.reopen_runs(&job, &runs);
        if let Err(error) = self.insist("reopen tasks", reopen).await {
            // The next attempt finds them lost again.
            warn!(job = %job.job.id, %error, "not reopened");
        }
        self.give_back(job, task, None).await
    }

    pub(crate) async fn give_back(
        self: Arc<Self>,
        job: Job,
        task: TaskRef,
        blame: Option<Blame>,
    ) -> Outcome {
        if let Some(blame) = &blame {
            warn!(job = %job.job.id, task = %task.index, reason = blame.reason, "attempt failed");
        }
        let name = &self.options.name;
        let give = || {
            self.store
                .fail(&job.job, name, task.clone(), blame.as_ref())
        };
        let reply = self.insist("give a task back", give).await;
        match reply {
            Ok(reply) => debug!(job = %job.job.id, task = %task.index, ?reply, "given back"),
            // Its lease ends, and somebody claims it.
            Err(error) => warn!(job = %job.job.id, task = %task.index, %error, "not given back"),
        }
        Ok(Event::Returned(job, task))
    }

    /// Calls the store until it answers, for as long as the deadline allows.
    ///
    /// # Errors
    /// [`StoreError::Lost`] only if what was lost is still missing after a new connection, which brings
    /// the function library back: then it is the plan, and only the master can bring that back.
    async fn insist<T, F, Fut>(&self, what: &str, op: F) -> StoreResult<T>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = StoreResult<T>>,
    {
        let (op, away, start) = (&op, &AtomicBool::new(false), Instant::now());
        runtime::retry(what, self.options.deadline, move || async move {
            // It may come back as another incarnation, and unfit.
            if away.load(Ordering::Relaxed) {
                self.know(self.store.reconnect().await?);
                away.store(false, Ordering::Relaxed);
            }
            match op().await {
                Err(StoreError::Lost { .. }) => self.know(self.store.reconnect().await?),
                Err(error) if error.is_transient() => {
                    // A shorter outage makes nobody miss more than a beat; if every error counted, a bad connection of
                    // this worker's own would keep it from taking anything over.
                    if start.elapsed() >= self.options.lease / 3 {
                        self.spare_others();
                    }
                    away.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                answer => return answer.map(Ok),
            };
            match op().await {
                Err(lost @ StoreError::Lost { .. }) => Ok(Err(lost)),
                answer => answer.map(Ok),
            }
        })
        .await?
    }
}
