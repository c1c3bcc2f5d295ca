//! A job under way: faults at their moments, restarts, the end.

use std::path::Path;
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::disk::Disk;
use super::process::{Ending, Process, Settings};
use super::redis::Redis;
use super::report::{Report, Verdict};
use super::schedule::Schedule;

/// How long workers may take to see that the job is over: longer than the minute for which they wait for the answer to
/// a commit, which comes to nothing if the connection died without a word.
const GRACE: Duration = Duration::from_secs(75);

/// A worker unharmed for this long at the end of the job has joined it; another may wait for another job.
const JOINED: Duration = Duration::from_secs(3);

/// How often the processes are looked at.
const LOOK: Duration = Duration::from_millis(4);

/// A job under way.
#[derive(Debug)]
pub(super) struct Drive<'a> {
    pub(super) cluster: Cluster,
    schedule: &'a Schedule,
    start: Instant,
    /// Index of the next event.
    next: usize,
    /// Whether anything was ever short of space or memory: programs may then give up, and are started again.
    shortage: bool,
    report: Report,
}

impl<'a> Drive<'a> {
    /// Starts everyone.
    pub(super) fn start(
        schedule: &'a Schedule,
        settings: Settings,
        folder: &Path,
        disk: Option<Disk>,
    ) -> anyhow::Result<Self> {
        let redis = Redis::start(schedule.append_only, folder);
        let port = redis.server.port();
        let start = Instant::now();
        let master = Process::start("master", "master", settings.clone(), port, folder)?;
        let mut workers = Vec::new();
        for (index, point) in schedule.crash_points.iter().enumerate() {
            let mut own = settings.clone();
            if let Some(point) = point {
                own.push(("CRASH__AT".to_owned(), (*point).to_owned()));
                own.push(("CRASH__PROBABILITY".to_owned(), "0.1".to_owned()));
            }
            let name = format!("worker-{index}");
            workers.push(Process::start("worker", &name, own, port, folder)?);
        }
        Ok(Self {
            cluster: Cluster {
                master,
                workers,
                redis,
                disk,
                reliefs: Vec::new(),
            },
            schedule,
            start,
            next: 0,
            shortage: false,
            report: Report::default(),
        })
    }

    /// Until everyone is done, or something is wrong. Exact means here that it came to an end.
    pub(super) fn run(&mut self, limit: Duration) -> anyhow::Result<Verdict> {
        let verdict = match self.until_master_ends(limit)? {
            Verdict::Exact => self.workers_end()?,
            other => other,
        };
        self.report.took = self.start.elapsed();
        Ok(verdict)
    }

    /// What has happened.
    pub(super) fn into_report(self, verdict: Verdict) -> Report {
        Report {
            verdict,
            ..self.report
        }
    }

    fn until_master_ends(&mut self, limit: Duration) -> anyhow::Result<Verdict> {
        loop {
            let now = Instant::now();
            if now > self.start + limit {
                return Ok(Verdict::Hung(format!("no result after {limit:?}")));
            }
            self.strike_when_due(now)?;
            self.cluster.relieve(now);
            self.cluster.redis.keep_snapshot();
            self.cluster.redis.start_when_due(now);
            if let Some(verdict) = self.tend_master(now)? {
                return Ok(verdict);
            }
            for index in 0..self.cluster.workers.len() {
                self.tend_worker(index, now)?;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn strike_when_due(&mut self, now: Instant) -> anyhow::Result<()> {
        let Some(event) = self.schedule.events.get(self.next) else {
            return Ok(());
        };
        if now < self.start + event.at {
            return Ok(());
        }
        let fault = &event.fault;
        let hit = self.cluster.strike(fault, now)?;
        if hit {
            *self.report.faults.entry(fault.kind()).or_default() += 1;
            self.report.kills += u64::from(fault.is_kill());
            self.shortage |= fault.is_shortage();
        }
        // A SIGKILL waits until somebody runs whom it can hit.
        if hit || !fault.is_kill() {
            self.next += 1;
        }
        Ok(())
    }

    /// Starts a master again that was killed, or that gave up for a shortage; the verdict if it is done.
    fn tend_master(&mut self, now: Instant) -> anyhow::Result<Option<Verdict>> {
        let master = &mut self.cluster.master;
        match master.ending()? {
            Some(Ending::Done) => return Ok(Some(Verdict::Exact)),
            Some(Ending::Failed(code)) => {
                let words = format!("{} (code {code})", master.last_words());
                if !self.shortage {
                    return Ok(Some(Verdict::Failed(words)));
                }
                *self.report.failures.entry(words).or_default() += 1;
                master.recall(now);
            }
            Some(Ending::Killed | Ending::Crashed) | None => {}
        }
        if master.start_when_due(now)? {
            // The one before may have dismissed them, and this one may have to do the job once more.
            for worker in &mut self.cluster.workers {
                worker.recall(now);
            }
        }
        Ok(None)
    }

    /// Starts a killed worker again; one that ended well has seen the end of the job.
    fn tend_worker(&mut self, index: usize, now: Instant) -> anyhow::Result<()> {
        let worker = &mut self.cluster.workers[index];
        match worker.ending()? {
            Some(Ending::Done) => worker.retire(),
            Some(Ending::Failed(code)) => {
                let words = format!("{} (code {code})", worker.last_words());
                *self.report.failures.entry(words).or_default() += 1;
                worker.recall(now);
            }
            Some(Ending::Crashed) => {
                self.report.crashes += 1;
                worker.recall(now);
            }
            Some(Ending::Killed) | None => {}
        }
        worker.start_when_due(now)?;
        Ok(())
    }

    /// Waits for the workers: each that joined the job must see that it is over.
    fn workers_end(&mut self) -> anyhow::Result<Verdict> {
        let over = Instant::now();
        let unharmed = |worker: &Process| over.duration_since(worker.since) > JOINED;
        let waited_for: Vec<bool> = self.cluster.workers.iter().map(unharmed).collect();
        loop {
            let now = Instant::now();
            self.cluster.redis.start_when_due(now);
            self.cluster.relieve(now);
            let mut left = Vec::new();
            for (index, worker) in self.cluster.workers.iter_mut().enumerate() {
                worker.ending()?;
                if worker.is_running() && waited_for[index] {
                    left.push(format!("worker-{index}"));
                }
            }
            if left.is_empty() {
                return Ok(Verdict::Exact);
            }
            if over.elapsed() > GRACE {
                let left = left.join(", ");
                return Ok(Verdict::Hung(format!("{left} after the end of the job")));
            }
            std::thread::sleep(LOOK);
        }
    }
}
