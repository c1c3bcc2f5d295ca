//! One seed, from its input to its verdict.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use fastrand::Rng;
use store::{JobStore, RedisStore, StoreResult};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::actors::{Control, keep_worker, lead};
use crate::faults::{Actors, ROLLBACK, ROLLBACKS, roll_back, strike};
use crate::job::Job;
use crate::link::SimulatedLink;
use crate::tally::Tally;
use crate::world::Shared;

/// A job that is not over after so much simulated time hangs.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// How long workers may take to see that all is over.
const LEAVING: Duration = Duration::from_secs(1800);

/// How a simulation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// With exactly the result of the sequential program.
    Exact,
    /// For want of attempts, which the job's settings allow, and with a cause that is named.
    Failed(String),
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
        () = sleep(PATIENCE) => return Verdict::Violated(format!("no result after {PATIENCE:?}")),
        verdict = masters(shared, job, &actors[0]) => verdict,
    };
    // Whatever is still to go wrong happens to the workers that leave.
    over.cancel();
    let before = shared.world().tally.of(ROLLBACK);
    if timeout(LEAVING, striking).await.is_err() {
        return Verdict::Violated("the faults do not end".to_owned());
    }
    // A server that went back after the end does not know of it any more; the next master's end tells it.
    let rolled_back = shared.world().tally.of(ROLLBACK) > before;
    if rolled_back && let Err(error) = again(shared).await {
        return Verdict::Violated(format!("no dismissal: {error}"));
    }
    for worker in workers {
        if timeout(LEAVING, worker).await.is_err() {
            return Verdict::Violated(format!("a worker stays, {LEAVING:?} after the end"));
        }
    }
    verdict
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
            return match job.may_fail && reason.contains("was attempted") {
                true => Verdict::Failed(reason),
                false => Verdict::Violated(format!("the job failed: {reason}")),
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
