//! One simulation, from its seed to its verdict.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use fastrand::Rng;
use store::{JobStore, RedisStore, StoreResult};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::faults::{Controls, ROLLBACK, ROLLBACKS, SKEW, inject, roll_back};
use crate::job::{Job, STALL};
use crate::network::SimulatedConnections;
use crate::programs::{Control, run_masters, supervise_worker};
use crate::shared_world::SharedWorld;
use crate::stage::Stage;
use crate::tally::Tally;

/// Maximum simulated time of all faults. There are about 35 faults, at most 20 s apart.
const FAULTS_TIMEOUT: Duration = Duration::from_secs(2 * 3600);
/// Maximum time until the clock of the server has caught up after the faults. It extends leases and heartbeats.
const CATCH_UP: Duration = Duration::from_millis(SKEW.unsigned_abs());
/// Maximum time of a job without faults. It allows for all tasks one after the other at four seconds each, an expired
/// lease, a lost master, and the pauses between retries.
const WORK: Duration = Duration::from_secs(180);
/// Maximum time until workers end after the job. Idle workers wait for up to a minute.
const LEAVING: Duration = Duration::from_secs(90);

/// Name of the counter of jobs that may run out of attempts.
const FEW: &str = "jobs with few attempts";
/// Stall diagnoses of a cluster without workers.
const WITHOUT_WORKERS: [&str; 3] = [
    "no worker has joined",
    "all workers are gone",
    "send no heartbeats",
];

/// Outcome of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The result equals that of the sequential program.
    Exact,
    /// The job ran out of attempts, as its settings allow. Contains the reason.
    Failed(String),
    /// The watchdog ended the job, because all workers were dead for good. Contains the reason.
    Stalled(String),
    /// An invariant was violated.
    Violated(String),
}

/// Result of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Seed of the simulation.
    pub seed: u64,
    /// Outcome.
    pub verdict: Verdict,
    /// Numbers of events.
    pub tally: Tally,
    /// Number of commands that the server executed.
    pub commands: u64,
    /// Simulated time.
    pub took: Duration,
    /// Description of the job.
    pub shape: String,
    /// Last lines of the trace.
    pub trace: Vec<String>,
}

/// Runs the simulation of `seed` on this thread. If `traced`, the report contains a trace of all events.
///
/// # Errors
/// The input cannot be written, or the Tokio runtime cannot be created.
pub fn simulate(seed: u64, traced: bool) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir().context("cannot create a folder for the input")?;
    let mut rng = Rng::with_seed(seed);
    // Retries draw their jitter from this generator.
    fastrand::seed(rng.u64(..));
    store::run_blocking_inline();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .context("cannot create a Tokio runtime")?;
    let job = Arc::new(Job::draw(&mut rng, folder.path())?);
    runtime.block_on(async {
        let shared = Arc::new(SharedWorld::new(rng, traced));
        shared.world().output.clone_from(&job.output);
        if job.may_fail {
            shared.world().tally.count(FEW);
        }
        let verdict = run_cluster(&shared, &job).await;
        let world = shared.world();
        Ok(Report {
            seed,
            verdict: match &world.violation {
                Some(violation) => Verdict::Violated(violation.clone()),
                None => verdict,
            },
            tally: world.tally.clone(),
            commands: world.executed,
            took: world.elapsed(),
            shape: job.shape.clone(),
            trace: world.trace().map(str::to_owned).collect(),
        })
    })
}

/// Runs the master, the workers and the faults, and checks their end.
async fn run_cluster(shared: &Arc<SharedWorld>, job: &Arc<Job>) -> Verdict {
    let controls: Controls = (0..=job.workers)
        .map(|_| Arc::new(Control::default()))
        .collect();
    let over = CancellationToken::new();
    let workers = start_workers(shared, job, &controls, &over);
    let faults = inject(Arc::clone(shared), controls.clone(), Arc::clone(job));
    let faults = AbortOnDropHandle::new(tokio::spawn(faults));
    let verdict = tokio::select! {
        biased;
        () = shared.violated.notified() => return Verdict::Violated(String::new()),
        overdue = overdue(shared, job) => return Verdict::Violated(overdue),
        verdict = until_exact(shared, job, &controls[0]) => verdict,
    };
    // The remaining faults hit the workers while they end.
    over.cancel();
    if timeout(FAULTS_TIMEOUT, faults).await.is_err() {
        return Verdict::Violated("the faults did not end".to_owned());
    }
    let (dismissed, incarnation) = {
        let world = shared.world();
        (world.dismissed, world.incarnation)
    };
    let mut leaving = LEAVING;
    match dismissed {
        None => return Verdict::Violated("the workers were not dismissed".to_owned()),
        Some(at) if at == incarnation => {}
        // A rollback after the dismissal has undone it, so another master must dismiss the workers. The rollback may
        // also have restored the job without a master to end it.
        Some(_) => {
            if let Err(error) = dismiss_again(shared).await {
                return Verdict::Violated(format!("cannot dismiss the workers: {error}"));
            }
            leaving += CATCH_UP;
        }
    }
    if shared.world().stage() < Stage::Done {
        // A rollback restored a job without a master. Its workers end after their deadline.
        leaving += CATCH_UP + job.deadline;
    }
    let end = Instant::now() + leaving;
    for worker in workers {
        if timeout_at(end, worker).await.is_err() {
            return Verdict::Violated(format!(
                "a worker is still running {leaving:?} after the end of the job"
            ));
        }
    }
    // A master may die after it published the result. The next one runs the job again and may fail.
    let result = job.output.exists() && (!shared.world().finished || job.flaw().is_some());
    match verdict {
        Verdict::Failed(_) | Verdict::Stalled(_) if result => {
            Verdict::Violated("the job failed although there is a result".to_owned())
        }
        verdict => verdict,
    }
}

/// Starts the workers, which run until `over`.
fn start_workers(
    shared: &Arc<SharedWorld>,
    job: &Arc<Job>,
    controls: &Controls,
    over: &CancellationToken,
) -> Vec<AbortOnDropHandle<()>> {
    let start = |client: usize| {
        let (control, over) = (Arc::clone(&controls[client]), over.clone());
        let life = supervise_worker(Arc::clone(shared), client, Arc::clone(job), control, over);
        AbortOnDropHandle::new(tokio::spawn(life))
    };
    (1..=job.workers).map(start).collect()
}

/// Waits until the job exceeds its time limit and returns the violation.
async fn overdue(shared: &SharedWorld, job: &Job) -> String {
    if timeout(FAULTS_TIMEOUT, shared.faults_over.notified())
        .await
        .is_err()
    {
        return format!("no result after {FAULTS_TIMEOUT:?}");
    }
    let most = match job.loses_workers {
        true => STALL + WORK,
        false => CATCH_UP + WORK,
    };
    sleep(most).await;
    format!("the job did not end within {most:?} after all faults")
}

/// Dismisses the workers once more.
async fn dismiss_again(shared: &Arc<SharedWorld>) -> StoreResult<()> {
    let connections = SimulatedConnections::new(Arc::clone(shared), 0);
    RedisStore::simulated(Arc::new(connections))
        .dismiss_workers()
        .await
}

/// Runs the job again and again until enough rollbacks have happened. Each result must be exact.
async fn until_exact(shared: &Arc<SharedWorld>, job: &Job, control: &Arc<Control>) -> Verdict {
    let mut started = 0;
    loop {
        let ended = run_masters(shared, job, control, &mut started).await;
        if let Err(reason) = ended {
            let stalled = reason.contains("(job.stall_timeout)")
                && WITHOUT_WORKERS.iter().any(|cause| reason.contains(cause));
            return if job.may_fail && reason.contains("was attempted") {
                Verdict::Failed(reason)
            } else if shared.world().workers_gone && stalled {
                Verdict::Stalled(reason)
            } else {
                Verdict::Violated(format!("the job failed: {reason}"))
            };
        }
        shared.world().tally.count("results");
        match (job.output.exists(), job.flaw()) {
            (true, None) => {}
            (true, Some(flaw)) => return Verdict::Violated(flaw),
            (false, _) => return Verdict::Violated("the job is done without a result".to_owned()),
        }
        if shared.world().tally.get(ROLLBACK) >= ROLLBACKS {
            return Verdict::Exact;
        }
        // The next run must write the result again.
        if let Err(error) = std::fs::remove_file(&job.output) {
            return Verdict::Violated(format!("cannot remove the result: {error}"));
        }
        let up = shared.world().up;
        if up {
            roll_back(shared).await;
        }
    }
}
