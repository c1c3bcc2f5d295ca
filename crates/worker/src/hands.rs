//! The actions of a worker, each a future that ends with an event.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mapreduce::{MapError, Split, WorkerName, map_split};
use runtime::CrashPoint;
use store::{
    Blame, Claim, Commit, CommitReply, Renewal, Standing, StoreError, StoreId, StoreResult,
    TaskRef, TaskStore,
};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::core::{Event, Job, Joined, MapOutcome};
use crate::late::patience;
use crate::{Options, WorkerError};

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
/// Commits under way at once: one that the store folds, and one that is encoded and sent meanwhile.
const COMMITS: usize = 2;
/// Pause before what failed is tried again, so that no lasting fault makes a worker spin.
const PAUSE: Duration = Duration::from_millis(200);
/// How soon a task that pauses sees that it is to stop: well within the last words of a worker.
const STEP: Duration = Duration::from_millis(50);

/// Performs actions on a store.
pub(crate) struct Hands<S> {
    store: S,
    options: Options,
    stop: CancellationToken,
    started: Instant,
    /// Lets few commits through at once: the store folds one at a time, and what waits here neither
    /// times out there nor keeps connections from heartbeats.
    commits: Semaphore,
    /// Which incarnation of the store this worker knows, and until when it takes no task from others.
    known: Mutex<(Option<StoreId>, Instant)>,
    /// Since when no master has been there after the last one dismissed the workers.
    deserted: Mutex<Option<Instant>>,
}

impl<S: TaskStore> Hands<S> {
    pub(crate) fn new(store: S, options: Options, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            store,
            options,
            stop,
            started: Instant::now(),
            commits: Semaphore::new(COMMITS),
            known: Mutex::new((None, Instant::now())),
            deserted: Mutex::new(None),
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

    pub(crate) async fn next_job(self: Arc<Self>) -> Outcome {
        if self
            .known
            .lock()
            .expect("no panic under the lock")
            .0
            .is_none()
        {
            let connect = || self.store.reconnect();
            self.know(self.insist("connect to the store", connect).await?);
        }
        let found = self
            .insist("look for a job", || self.store.next_job(LOOK))
            .await?;
        let Some(header) = found else {
            return self.none_found().await;
        };
        let job = header.job;
        debug!(job = %job.id, worker = %self.options.name, tasks = header.total, "found a job");
        let spec = serde_json::from_str(&header.spec).map_err(|source| WorkerError::Spec {
            job: job.id.to_string(),
            source,
        })?;
        Ok(Event::Job(Some(Arc::new(Joined { job, spec }))))
    }

    async fn none_found(&self) -> Outcome {
        let ask = || self.store.deserted();
        let dismissed = self.insist("look for a master", ask).await?;
        let mut since = self.deserted.lock().expect("no panic under the lock");
        let Some(ago) = dismissed else {
            *since = None;
            return Ok(Event::Job(None));
        };
        let before_start = ago.saturating_sub(self.started.elapsed());
        if since.get_or_insert_with(Instant::now).elapsed() < patience(before_start) {
            return Ok(Event::Job(None));
        }
        info!("the job is over and no master is there");
        Ok(Event::Late)
    }

    /// A master that is restarting plans again within this worker's deadline, or nobody will.
    pub(crate) async fn job_again(self: Arc<Self>) -> Outcome {
        let start = Instant::now();
        loop {
            match self.clone().next_job().await? {
                Event::Job(None) if self.stop.is_cancelled() => return Ok(Event::Job(None)),
                Event::Job(None) if start.elapsed() > self.options.deadline => {
                    return Err(WorkerError::Gone);
                }
                Event::Job(None) => {}
                // Not in the store, workers dismissed, no master: it is over, and its keys are gone.
                Event::Late => return Ok(Event::Standing(Standing::Over)),
                found => return Ok(found),
            }
        }
    }

    pub(crate) async fn claim(self: Arc<Self>, job: Job, count: u32) -> Outcome {
        let Options { name, lease, .. } = &self.options;
        let wait = LOOK.min(*lease / 3);
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
        if Instant::now() < self.known.lock().expect("no panic under the lock").1 {
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

    pub(crate) async fn standing(self: Arc<Self>, job: Job) -> Outcome {
        let ask = || self.store.standing(&job.job);
        Ok(Event::Standing(self.insist("look at the job", ask).await?))
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

    pub(crate) async fn map(
        self: Arc<Self>,
        job: Job,
        claim: Claim,
        cancelled: Arc<AtomicBool>,
    ) -> Outcome {
        self.options.crash.reach(CrashPoint::AfterClaim);
        // Even a sleep of nothing takes a tick of the timer, a millisecond.
        if !self.options.slow.is_zero() {
            self.slow_down(&cancelled).await;
        }
        let claimed = claim.clone();
        let (hands, joined) = (self.clone(), job.clone());
        let _stop = StopOnDrop(cancelled.clone());
        let mapping = spawn_blocking(move || hands.map_now(&joined, &claim, &cancelled));
        let outcome = mapping.await.unwrap_or_else(|panic| MapOutcome::Failed {
            reason: format!("task {}: the mapper panicked: {panic}", claimed.task.index),
            hopeless: false,
        });
        Ok(Event::Mapped(job, claimed, outcome))
    }

    /// The pause that `worker.slow` asks for; a task that is to stop does not wait for its end.
    async fn slow_down(&self, cancelled: &AtomicBool) {
        let end = Instant::now() + self.options.slow;
        while Instant::now() < end && !cancelled.load(Ordering::Relaxed) {
            sleep_until(end.min(Instant::now() + STEP)).await;
        }
    }

    fn map_now(&self, job: &Job, claim: &Claim, cancelled: &AtomicBool) -> MapOutcome {
        // What comes from the store is not trusted to be what a master of ours wrote.
        let split: Split = match serde_json::from_str(&claim.payload) {
            Ok(split) => split,
            Err(error) => {
                let reason = format!(
                    "task {}: its split cannot be read: {error}",
                    claim.task.index
                );
                return MapOutcome::Failed {
                    reason,
                    hopeless: true,
                };
            }
        };
        match map_split(&self.options.inputs, &split, &job.spec, cancelled) {
            Ok(output) => {
                if let Some(place) = output.first_short {
                    let records = output.counters.short_records;
                    warn!(
                        records,
                        first = place,
                        "records with fewer cells than the header"
                    );
                }
                MapOutcome::Output(Arc::new(output.pairs), output.counters)
            }
            Err(MapError::Cancelled) => MapOutcome::Cancelled,
            Err(error) => MapOutcome::Failed {
                reason: error.to_string(),
                hopeless: error.is_final(),
            },
        }
    }

    pub(crate) async fn commit(
        self: Arc<Self>,
        job: Job,
        commit: Arc<Commit>,
        tries: u32,
    ) -> Outcome {
        if tries > 0 {
            sleep(PAUSE).await;
        }
        let _turn = self.commits.acquire().await;
        self.options.crash.reach(CrashPoint::BeforeCommit);
        let name = &self.options.name;
        let send = || self.store.commit(&job.job, name, &commit);
        let reply = match self.insist("commit", send).await {
            Err(StoreError::Lost { .. }) => CommitReply::NoPlan,
            reply => reply?,
        };
        self.options.crash.reach(CrashPoint::AfterCommit);
        debug!(job = %job.job.id, task = %commit.task.index, attempt = commit.attempt, ?reply, "commit");
        Ok(Event::Committed(job, commit.task.clone(), reply))
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
        let op = &op;
        runtime::retry(what, self.options.deadline, move || async move {
            match op().await {
                Err(StoreError::Lost { .. }) => self.store.reconnect().await?,
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
