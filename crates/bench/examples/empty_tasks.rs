//! Measures the cost of claims and commits: one worker runs tasks without input.
//!
//! The worker and Redis are real, and this program replaces the master. The measured time goes from the complete plan
//! to the last commit of a map task. Usage: `empty_tasks TASKS SLOTS SETTING=VALUE`, such as
//! `empty_tasks 100000 2 job.aggregate=live`. The output is one JSON object.
#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail, ensure};
use mapreduce_core::{Plan, TaskIndex};
use master::planner::{self, Request};
use nix::sys::resource::{UsageWho, getrusage};
use settings::{Environment, Settings, SettingsArgs};
use store::{JobHeader, JobRef, JobStore, PlanReply, RedisOptions, RedisStore};
use testkit::RedisServer;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Number of tasks per planning call, as in the master.
const BATCH: u32 = 1000;
/// Interval between checks of the job: short enough for precision, long enough to cost no time.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Time limit of the whole measurement.
const TIMEOUT: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [tasks, slots, setting] = args.as_slice() else {
        bail!("usage: empty_tasks TASKS SLOTS SETTING=VALUE");
    };
    let redis = RedisServer::start();
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let settings = settings(&redis, folder.path(), slots, setting)?;
    let plan = plan(&settings, tasks.parse().context("TASKS is not a number")?).await?;
    let figures = timeout(TIMEOUT, measure(&redis, &settings, &plan));
    println!("{}", figures.await.context("timed out")??);
    Ok(())
}

/// Returns the settings of a job over one small file, independent of the environment.
fn settings(
    redis: &RedisServer,
    folder: &Path,
    slots: &str,
    setting: &str,
) -> anyhow::Result<Settings> {
    let input = folder.join("input.txt");
    fs::write(&input, "no task reads this\n").context("cannot write the input")?;
    let flags = SettingsArgs {
        input: vec![input.display().to_string()],
        set: [("worker.slots", slots), ("redis.url", &redis.url())]
            .into_iter()
            .chain(setting.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        ..SettingsArgs::default()
    };
    let around = Environment {
        folder: folder.to_path_buf(),
        ..Environment::default()
    };
    Ok(Settings::read(&flags, &around)?)
}

/// Returns a plan of `tasks` empty splits.
async fn plan(settings: &Settings, tasks: usize) -> anyhow::Result<Plan> {
    let file = planner::plan(&Request::new(settings, &mapreduce_jobs::registry())?).await?;
    let mut split = file
        .splits()
        .first()
        .context("the plan has no split")?
        .clone();
    split.end = split.start;
    Ok(Plan::new(file.spec().clone(), vec![split; tasks]))
}

/// Runs the worker on the plan and returns the figures.
async fn measure(
    redis: &RedisServer,
    settings: &Settings,
    plan: &Plan,
) -> anyhow::Result<serde_json::Value> {
    let store = open(redis)?;
    store.connect().await?;
    let job = JobRef {
        id: settings::job_id("empty-tasks", SystemTime::now()),
        plan: plan.hash(),
    };
    store.announce_presence(Some(&job), TIMEOUT).await?;
    let options = worker::WorkerOptions::new(
        settings::worker_name(),
        mapreduce_jobs::registry(),
        settings,
    );
    let theirs = open(redis)?;
    let blobs = settings::blob_store(settings, &theirs);
    let worker = tokio::spawn(worker::run(
        theirs,
        blobs,
        options,
        CancellationToken::new(),
    ));
    // The worker starts when the plan is complete, so the time excludes all planning but the last call.
    let last = plan.maps().saturating_sub(BATCH);
    plan_tasks(&store, &job, plan, 0..last).await?;
    redis.cli(&["CONFIG", "RESETSTAT"]);
    plan_tasks(&store, &job, plan, last..plan.maps()).await?;
    let (start, before) = (Instant::now(), cpu()?);
    loop {
        ensure!(!worker.is_finished(), "the worker ended before the job");
        let status = store
            .status(&job.id)
            .await?
            .context("the job no longer exists")?;
        if status.done == plan.maps() && status.pending == 0 {
            break;
        }
        sleep(POLL_INTERVAL).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu_seconds = cpu()? - before;
    let stats = redis.cli(&["INFO", "commandstats"]);
    // The job is abandoned before its reduce tasks, which would have no input.
    store.abandon(&job, "the measurement is complete").await?;
    store.retire(&job, Duration::from_secs(10)).await?;
    worker.await.context("the worker panicked")??;
    Ok(serde_json::json!({
        "seconds": seconds,
        "tasks_per_second": f64::from(plan.maps()) / seconds,
        "cpu_seconds": cpu_seconds,
        "commandstats": stats,
    }))
}

/// Opens a store with its own connections.
fn open(redis: &RedisServer) -> anyhow::Result<RedisStore> {
    Ok(RedisStore::new(RedisOptions {
        url: redis.url(),
        ..RedisOptions::default()
    })?)
}

/// Adds map tasks to the plan in Redis.
async fn plan_tasks(
    store: &RedisStore,
    job: &JobRef,
    plan: &Plan,
    tasks: Range<u32>,
) -> anyhow::Result<()> {
    let header = JobHeader {
        job: job.clone(),
        spec: serde_json::to_string(plan.spec())?,
        maps: plan.maps(),
        total: plan.total(),
        owner: settings::owner_nonce(),
    };
    for start in tasks.clone().step_by(BATCH as usize) {
        let end = tasks.end.min(start + BATCH);
        let payloads: Option<Vec<String>> = (start..end)
            .map(|index| plan.payload(TaskIndex(index)))
            .collect();
        let payloads = payloads.context("a task is not in the plan")?;
        let reply = store.plan(&header, start, &payloads).await?;
        let expected = [PlanReply::Next(end), PlanReply::Complete];
        ensure!(
            expected.contains(&reply),
            "the store rejects the plan: {reply:?}"
        );
    }
    Ok(())
}

/// Returns the CPU time of this process so far in seconds. Almost all of it is the worker's.
fn cpu() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).context("cannot read the CPU time")?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let microseconds = user.tv_usec() + system.tv_usec();
    Ok((user.tv_sec() + system.tv_sec()) as f64 + microseconds as f64 / 1e6)
}
