//! One job from its input to the verdict.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use testkit::RedisServer;

use super::cluster::{Cluster, Ending, Process};
use super::report::{Report, Verdict};
use super::schedule::{Schedule, Victim};
use crate::gen_data::{self, Limit};
use crate::workspace::release_binary;

/// The lease of tasks: short, so that a killed worker's tasks move on within the job.
const LEASE: Duration = Duration::from_secs(1);

/// How long workers may take to see that the job is over.
const GRACE: Duration = Duration::from_secs(10);

/// A worker this old at the end of the job has joined it; a younger one may wait for another job.
const JOINED: Duration = Duration::from_secs(2);

/// How often the processes are looked at.
const LOOK: Duration = Duration::from_millis(2);

/// Makes the input, counts it embedded, counts it under fire, compares.
pub(super) fn run(schedule: &Schedule, folder: &Path, limit: Duration) -> anyhow::Result<Report> {
    let input = folder.join("input");
    let data = if schedule.files > 1 {
        input
    } else {
        input.join("part.csv")
    };
    gen_data::generate(
        &data,
        schedule.data_seed,
        Limit::Rows(schedule.rows),
        schedule.files,
    )?;
    let expected = expected(schedule, folder)?;

    let mut drive = Drive::start(schedule, folder)?;
    let verdict = match drive.until_master_ends(limit)? {
        Verdict::Exact => drive.workers_end()?,
        other => other,
    };
    drive.report.took = drive.start.elapsed();
    drive.report.verdict = match (verdict, fs::read(folder.join("results.json"))) {
        (Verdict::Exact, Err(error)) => Verdict::Wrong(format!("results.json: {error}")),
        (Verdict::Exact, Ok(bytes)) if bytes != expected => {
            Verdict::Wrong("results.json differs from expected.json".to_owned())
        }
        (verdict, _) => verdict,
    };
    if drive.report.verdict != Verdict::Exact {
        // The server's own folder goes with it.
        fs::copy(
            drive.cluster.redis.folder().join("redis.log"),
            folder.join("redis.log"),
        )
        .ok();
    }
    Ok(drive.report)
}

/// The result of the embedded run.
fn expected(schedule: &Schedule, folder: &Path) -> anyhow::Result<Vec<u8>> {
    let output = folder.join("expected.json");
    let status = Command::new(release_binary("mapreduce"))
        .arg("run")
        .arg(folder.join("input"))
        .args([
            "--format",
            "csv",
            "--column",
            "text",
            "--tokenizer",
            schedule.tokenizer,
        ])
        .arg("--output")
        .arg(&output)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cannot start mapreduce")?;
    ensure!(status.success(), "the embedded run failed: {status}");
    fs::read(&output).with_context(|| format!("cannot read {}", output.display()))
}

/// A job under way.
struct Drive<'a> {
    cluster: Cluster,
    schedule: &'a Schedule,
    start: Instant,
    /// Index of the next kill and when it is due.
    next: usize,
    due: Instant,
    /// When a Redis that is down comes back, and whether empty.
    redis_back: Option<(Instant, bool)>,
    report: Report,
}

impl<'a> Drive<'a> {
    fn start(schedule: &'a Schedule, folder: &Path) -> anyhow::Result<Self> {
        let redis = RedisServer::start();
        let settings = settings(schedule, folder, &redis.url());
        let master = Process::start("master", "master", settings.clone(), folder)?;
        let mut workers = Vec::new();
        for (index, point) in schedule.crash_points.iter().enumerate() {
            let mut own = settings.clone();
            if let Some(point) = point {
                own.push(("MAPREDUCE__CRASH__AT", (*point).to_owned()));
                own.push(("MAPREDUCE__CRASH__PROBABILITY", "0.1".to_owned()));
            }
            workers.push(Process::start(
                "worker",
                &format!("worker-{index}"),
                own,
                folder,
            )?);
        }
        let start = Instant::now();
        Ok(Self {
            cluster: Cluster {
                master,
                workers,
                redis,
            },
            schedule,
            start,
            next: 0,
            due: start
                + schedule
                    .kills
                    .first()
                    .map_or(Duration::ZERO, |kill| kill.pause),
            redis_back: None,
            report: Report::default(),
        })
    }

    /// Kills and restarts by the schedule until the master is done.
    fn until_master_ends(&mut self, limit: Duration) -> anyhow::Result<Verdict> {
        loop {
            let now = Instant::now();
            if now > self.start + limit {
                return Ok(Verdict::Hung(format!("no result after {limit:?}")));
            }
            self.kill_when_due(now);
            self.restart_redis(now);
            match self.cluster.master.ending()? {
                Some(Ending::Done) => return Ok(Verdict::Exact),
                Some(Ending::Failed(code)) => {
                    return Ok(Verdict::Wrong(format!("the master ended with code {code}")));
                }
                Some(Ending::Killed | Ending::Crashed) | None => {
                    self.cluster.master.start_when_due(now)?;
                }
            }
            for index in 0..self.cluster.workers.len() {
                self.tend_worker(index, now)?;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn kill_when_due(&mut self, now: Instant) {
        let Some(kill) = self.schedule.kills.get(self.next) else {
            return;
        };
        if now < self.due {
            return;
        }
        let back = now + kill.down;
        match kill.victim {
            Victim::Worker(index) => {
                self.report.worker_kills += u64::from(self.cluster.workers[index].kill(back));
            }
            Victim::Master => self.report.master_kills += u64::from(self.cluster.master.kill(back)),
            // Dead already: it comes back as the kill before decided.
            Victim::Redis { .. } if self.redis_back.is_some() => {}
            Victim::Redis { empty } => {
                self.cluster.redis.kill();
                self.report.redis_kills += 1;
                self.redis_back = Some((back, empty));
            }
        }
        self.next += 1;
        if let Some(next) = self.schedule.kills.get(self.next) {
            self.due = now + next.pause;
        }
    }

    /// Starts a Redis that is down, if it is due at `now`.
    fn restart_redis(&mut self, now: Instant) {
        match self.redis_back.take_if(|(at, _)| now >= *at) {
            Some((_, true)) => self.cluster.redis.restart_empty(),
            Some((_, false)) => self.cluster.redis.restart(),
            None => {}
        }
    }

    /// Starts a killed worker again; one that ended well has seen the end of the job.
    fn tend_worker(&mut self, index: usize, now: Instant) -> anyhow::Result<()> {
        let worker = &mut self.cluster.workers[index];
        match worker.ending()? {
            Some(Ending::Done) => worker.retire(),
            Some(Ending::Failed(_)) => self.report.failures += 1,
            Some(Ending::Crashed) => self.report.crashes += 1,
            Some(Ending::Killed) | None => {}
        }
        worker.start_when_due(now)
    }

    /// Waits for the workers: each that joined the job must see that it is over.
    fn workers_end(&mut self) -> anyhow::Result<Verdict> {
        let over = Instant::now();
        // A worker cannot see anything while Redis is down.
        while self.redis_back.is_some() {
            self.restart_redis(Instant::now());
            std::thread::sleep(LOOK);
        }
        loop {
            let mut left = Vec::new();
            for (index, worker) in self.cluster.workers.iter_mut().enumerate() {
                worker.ending()?;
                if worker.is_running() && over.duration_since(worker.since) > JOINED {
                    left.push(format!("worker-{index}"));
                }
            }
            if left.is_empty() {
                return Ok(Verdict::Exact);
            }
            if over.elapsed() > GRACE {
                return Ok(Verdict::Hung(format!(
                    "{} after the end of the job",
                    left.join(", ")
                )));
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// What master and workers are told.
fn settings(schedule: &Schedule, folder: &Path, url: &str) -> Vec<(&'static str, String)> {
    let path = |name: &str| folder.join(name).display().to_string();
    vec![
        ("MAPREDUCE__REDIS__URL", url.to_owned()),
        ("MAPREDUCE__JOB__INPUT", path("input")),
        ("MAPREDUCE__JOB__OUTPUT", path("results.json")),
        ("MAPREDUCE__INPUT__FORMAT", "csv".to_owned()),
        ("MAPREDUCE__INPUT__COLUMN", "text".to_owned()),
        ("MAPREDUCE__INPUT__TOKENIZER", schedule.tokenizer.to_owned()),
        (
            "MAPREDUCE__INPUT__SPLIT_SIZE",
            schedule.split_size.to_owned(),
        ),
        (
            "MAPREDUCE__CHECKPOINT__INTERVAL",
            schedule.checkpoint.to_owned(),
        ),
        (
            "MAPREDUCE__WORKER__LEASE",
            format!("{}ms", LEASE.as_millis()),
        ),
        // Attempts of killed workers count; the default of 4 is for tasks that do harm themselves.
        ("MAPREDUCE__WORKER__MAX_ATTEMPTS", "1000".to_owned()),
        ("MAPREDUCE__WORKER__SLOTS", "1".to_owned()),
    ]
}
