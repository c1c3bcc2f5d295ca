//! One seed, from its input to its verdict.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use fastrand::Rng;
use store::{JobStore, RedisStore, StoreResult};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::actors::{Control, keep_worker, lead};
use crate::faults::{Actors, ROLLBACK, ROLLBACKS, SKEW, roll_back, strike};
use crate::job::{Job, STALL};
use crate::link::SimulatedLink;
use crate::stage::Stage;
use crate::tally::Tally;
use crate::world::Shared;

/// Faults that are not over after so much simulated time hang: there are some 35 of them, at most 20 s apart.
const PATIENCE: Duration = Duration::from_secs(2 * 3600);
/// How long a server's clock may have to catch up after the faults: leases, and signs that somebody is there, last so
/// much longer.
const CATCHING_UP: Duration = Duration::from_millis(SKEW.unsigned_abs());
/// What a cluster without faults takes: all tasks in turn, each of four seconds at most; a lease and a master that were
/// lost; the pauses between tries.
const WORK: Duration = Duration::from_secs(180);
/// How long workers may take to see that all is over: those without a job wait for a minute at most.
const LEAVING: Duration = Duration::from_secs(90);

/// What the tally calls jobs that may run out of attempts.
const FEW: &str = "jobs with few attempts";
/// What a watchdog says of a cluster without workers.
const NOBODY: [&str; 3] = [
    "no worker has joined",
    "all workers are gone",
    "send no heartbeats",
];

/// How a simulation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// With exactly the result of the sequential program.
    Exact,
    /// For want of attempts, which the job's settings allow, and with a cause that is named.
    Failed(String),
    /// By its watchdog, since all workers were dead for good.
    Stalled(String),
    /// As it must never end.
    Violated(String),
}

/// What came of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub verdict: Verdict,
    /// What happened.
    pub tally: Tally,
    /// Commands that the server did.
    pub commands: u64,
    /// Simulated time.
    pub took: Duration,
    /// What was to be done.
    pub shape: String,
    /// The last of what happened, line by line.
    pub story: Vec<String>,
}

/// Simulates `seed`, on this thread alone; the report tells the story if that is asked for.
///
/// # Errors
/// The input cannot be written, or there is no runtime.
pub fn simulate(seed: u64, telling: bool) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir().context("cannot make a folder for the input")?;
    let mut rng = Rng::with_seed(seed);
    // The source of the jitter in retries.
    fastrand::seed(rng.u64(..));
    store::work_in_line();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .context("no runtime")?;
    let job = Arc::new(Job::draw(&mut rng, folder.path())?);
    runtime.block_on(async {
        let shared = Arc::new(Shared::new(rng, telling));
        shared.world().output.clone_from(&job.output);
        if job.may_fail {
            shared.world().tally.note(FEW);
        }
        let verdict = play(&shared, &job).await;
        let world = shared.world();
        Ok(Report {
            seed,
            verdict: match &world.violation {
                Some(broken) => Verdict::Violated(broken.clone()),
                None => verdict,
            },
            tally: world.tally.clone(),
            commands: world.executed,
            took: world.elapsed(),
            shape: job.shape.clone(),
            story: world.story().map(str::to_owned).collect(),
        })
    })
}

/// Everybody at once.
async fn play(shared: &Arc<Shared>, job: &Arc<Job>) -> Verdict {
    let actors: Actors = (0..=job.workers)
        .map(|_| Arc::new(Control::default()))
        .collect();
    let over = CancellationToken::new();
    let workers: Vec<_> = (1..=job.workers)
        .map(|client| {
            let (control, over) = (Arc::clone(&actors[client]), over.clone());
            let life = keep_worker(Arc::clone(shared), client, Arc::clone(job), control, over);
            AbortOnDropHandle::new(tokio::spawn(life))
        })
        .collect();
    let striking = strike(Arc::clone(shared), actors.clone(), Arc::clone(job));
    let striking = AbortOnDropHandle::new(tokio::spawn(striking));
    let verdict = tokio::select! {
        biased;
        () = shared.broken.notified() => return Verdict::Violated(String::new()),
        overdue = overdue(shared, job) => return Verdict::Violated(overdue),
        verdict = masters(shared, job, &actors[0]) => verdict,
    };
    // Whatever is still to go wrong happens to the workers that leave.
    over.cancel();
    if timeout(PATIENCE, striking).await.is_err() {
        return Verdict::Violated("the faults do not end".to_owned());
    }
    let (dismissed, incarnation) = {
        let world = shared.world();
        (world.dismissed, world.incarnation)
    };
    let mut leaving = LEAVING;
    match dismissed {
        None => return Verdict::Violated("the workers were not dismissed".to_owned()),
        Some(at) if at == incarnation => {}
        // A server that went back since the workers were dismissed does not know of it any more, whoever is done by
        // then; the next master's end tells it. Its job may be there and nobody to end it.
        Some(_) => {
            if let Err(error) = again(shared).await {
                return Verdict::Violated(format!("no dismissal: {error}"));
            }
            leaving += CATCHING_UP;
        }
    }
    if shared.world().stage() < Stage::Done {
        // A rollback left a job that no master will end: who works on it goes when its deadline is over.
        leaving += CATCHING_UP + job.deadline;
    }
    let end = Instant::now() + leaving;
    for worker in workers {
        if timeout_at(end, worker).await.is_err() {
            return Verdict::Violated(format!("a worker stays, {leaving:?} after the end"));
        }
    }
    // A master that died with the result published leaves it to one that must do the job again, and may fail at that.
    let result = job.output.exists() && (!shared.world().finished || job.flaw().is_some());
    match verdict {
        Verdict::Failed(_) | Verdict::Stalled(_) if result => {
            Verdict::Violated("the job failed, and there is a result".to_owned())
        }
        verdict => verdict,
    }
}

/// Waits until the job takes longer than it may; what that is.
async fn overdue(shared: &Shared, job: &Job) -> String {
    if timeout(PATIENCE, shared.calmed.notified()).await.is_err() {
        return format!("no result after {PATIENCE:?}");
    }
    let most = match job.deserted {
        true => STALL + WORK,
        false => CATCHING_UP + WORK,
    };
    sleep(most).await;
    format!("no end {most:?} after all faults")
}

/// Dismisses the workers once more.
async fn again(shared: &Arc<Shared>) -> StoreResult<()> {
    let link = SimulatedLink::new(Arc::clone(shared), 0);
    RedisStore::over(Arc::new(link)).dismiss().await
}

/// Masters, until the job is over and enough has gone wrong: a server that goes back after the end makes the next
/// master do it all again, with the same result.
async fn masters(shared: &Arc<Shared>, job: &Job, control: &Arc<Control>) -> Verdict {
    let mut started = 0;
    loop {
        let ended = lead(shared, job, control, &mut started).await;
        if let Err(reason) = ended {
            let stalled = reason.contains("(job.stall_timeout)")
                && NOBODY.iter().any(|cause| reason.contains(cause));
            return if job.may_fail && reason.contains("was attempted") {
                Verdict::Failed(reason)
            } else if shared.world().deserted && stalled {
                Verdict::Stalled(reason)
            } else {
                Verdict::Violated(format!("the job failed: {reason}"))
            };
        }
        shared.world().tally.note("results");
        match (job.output.exists(), job.flaw()) {
            (true, None) => {}
            (true, Some(flaw)) => return Verdict::Violated(flaw),
            (false, _) => return Verdict::Violated("done, and there is no result".to_owned()),
        }
        if shared.world().tally.of(ROLLBACK) >= ROLLBACKS {
            return Verdict::Exact;
        }
        // The next result is a new one.
        if let Err(error) = std::fs::remove_file(&job.output) {
            return Verdict::Violated(format!("the result cannot be removed: {error}"));
        }
        let up = shared.world().up;
        if up {
            roll_back(shared).await;
        }
    }
}
