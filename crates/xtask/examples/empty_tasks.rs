//! How fast one worker gets through tasks that have nothing to count: what claims and commits cost.
//!
//! The real worker and a real Redis; this program plays the master. The time that counts goes from the
//! complete plan to the last commit of a map task. Usage: `empty_tasks TASKS SLOTS SETTING=VALUE`, such as
//! `empty_tasks 100000 2 job.aggregate=live`. Prints one JSON object.
#![expect(clippy::print_stdout, reason = "a command line tool")]

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail, ensure};
use mapreduce::{Plan, Registry, TaskIndex};
use master::planner::{self, Request};
use nix::sys::resource::{UsageWho, getrusage};
use runtime::{Settings, SettingsArgs, Surroundings};
use store::{JobHeader, JobRef, JobStore, PlanReply, RedisOptions, RedisStore};
use testkit::RedisServer;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Tasks handed over in one call, as the master does.
const STRETCH: u32 = 1000;
/// Pause between looks at the job: fine enough for the time measured, coarse enough to take none of it.
const LOOK: Duration = Duration::from_millis(10);
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [tasks, slots, setting] = args.as_slice() else {
        bail!("usage: empty_tasks TASKS SLOTS SETTING=VALUE");
    };
    let redis = RedisServer::start();
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let settings = settings(&redis, folder.path(), slots, setting)?;
    let plan = plan(&settings, tasks.parse().context("TASKS is no number")?).await?;
    let figures = timeout(PATIENCE, measure(&redis, &settings, &plan));
    println!("{}", figures.await.context("it takes too long")??);
    Ok(())
}

/// The settings of a job over one small file, and nothing from the surroundings.
fn settings(
    redis: &RedisServer,
    folder: &Path,
    slots: &str,
    setting: &str,
) -> anyhow::Result<Settings> {
    let input = folder.join("input.txt");
    fs::write(&input, "nobody reads this\n").context("cannot write the input")?;
    let flags = SettingsArgs {
        input: vec![input.display().to_string()],
        set: [("worker.slots", slots), ("redis.url", &redis.url())]
            .into_iter()
            .chain(setting.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        ..SettingsArgs::default()
    };
    let around = Surroundings {
        folder: folder.to_path_buf(),
        ..Surroundings::default()
    };
    Ok(Settings::read(&flags, &around)?)
}

/// `tasks` times the same split, which is empty.
async fn plan(settings: &Settings, tasks: usize) -> anyhow::Result<Plan> {
    let file = planner::plan(&Request::new(settings, &mapreduce_jobs::registry())?).await?;
    let mut split = file.splits().first().context("no split")?.clone();
    split.end = split.start;
    Ok(Plan::new(file.spec().clone(), vec![split; tasks]))
}

async fn measure(
    redis: &RedisServer,
    settings: &Settings,
    plan: &Plan,
) -> anyhow::Result<serde_json::Value> {
    let store = open(redis)?;
    store.connect().await?;
    let job = JobRef {
        id: runtime::job_id("empty-tasks", SystemTime::now()),
        plan: plan.hash(),
    };
    store.attend(Some(&job), PATIENCE).await?;
    let options =
        worker::Options::new(runtime::worker_name(), mapreduce_jobs::registry(), settings);
    let theirs = open(redis)?;
    let blobs = runtime::blobs(settings, &theirs);
    let worker = tokio::spawn(worker::run(
        theirs,
        blobs,
        options,
        CancellationToken::new(),
    ));
    // The worker begins when the last tasks are there: what they cost is not planning any more.
    let last = plan.maps().saturating_sub(STRETCH);
    hand_over(&store, &job, plan, 0..last).await?;
    redis.cli(&["CONFIG", "RESETSTAT"]);
    hand_over(&store, &job, plan, last..plan.maps()).await?;
    let (start, before) = (Instant::now(), cpu()?);
    loop {
        ensure!(!worker.is_finished(), "the worker ended before the job");
        let status = store.status(&job.id).await?.context("the job is gone")?;
        if status.done == plan.maps() && status.pending == 0 {
            break;
        }
        sleep(LOOK).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu_seconds = cpu()? - before;
    let stats = redis.cli(&["INFO", "commandstats"]);
    // Reduce tasks, if the job has any, are not planned: they would have nothing to reduce.
    store
        .abandon(&job, "all that was to be measured is done")
        .await?;
    store.retire(&job, Duration::from_secs(10)).await?;
    worker.await.context("the worker panicked")??;
    Ok(serde_json::json!({
        "seconds": seconds,
        "tasks_per_second": f64::from(plan.maps()) / seconds,
        "cpu_seconds": cpu_seconds,
        "commandstats": stats,
    }))
}

/// A store with connections of its own.
fn open(redis: &RedisServer) -> anyhow::Result<RedisStore> {
    Ok(RedisStore::new(RedisOptions {
        url: redis.url(),
        ..RedisOptions::default()
    })?)
}

/// Hands over some map tasks.
async fn hand_over(
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
        owner: runtime::owner_nonce(),
    };
    for start in tasks.clone().step_by(STRETCH as usize) {
        let end = tasks.end.min(start + STRETCH);
        let payloads: Option<Vec<String>> = (start..end)
            .map(|index| plan.payload(TaskIndex(index)))
            .collect();
        let payloads = payloads.context("a plan without a task")?;
        let reply = store.plan(&header, start, &payloads).await?;
        let expected = [PlanReply::Next(end), PlanReply::Complete];
        ensure!(expected.contains(&reply), "the plan is refused: {reply:?}");
    }
    Ok(())
}

/// CPU time of this process so far, in seconds; the time of the tasks' worker, but for some looks.
fn cpu() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).context("cannot read the CPU time")?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let microseconds = user.tv_usec() + system.tv_usec();
    Ok((user.tv_sec() + system.tv_sec()) as f64 + microseconds as f64 / 1e6)
}
