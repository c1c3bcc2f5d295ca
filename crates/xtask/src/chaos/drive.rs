//! A job under way: faults at their moments, restarts, the end.

use std::path::Path;
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::disk::Disk;
use super::excuse::{Cause, Role, is_excused, panic_in};
use super::fault::Who;
use super::process::{Ending, KILLED, Process, Settings};
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
    /// Whether Redis died once the master was done.
    end_lost: bool,
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
            cluster: Cluster::new(master, workers, redis, disk),
            schedule,
            start,
            next: 0,
            end_lost: false,
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
    pub(super) fn into_report(mut self, verdict: Verdict) -> Report {
        Report {
            verdict,
            tally: self.cluster.take_tally(),
            workers: self.cluster.workers.len() as u64,
            ..self.report
        }
    }

    fn until_master_ends(&mut self, limit: Duration) -> anyhow::Result<Verdict> {
        loop {
            let now = Instant::now();
            if now > self.start + limit {
                return Ok(Verdict::Hung(format!("no result after {limit:?}")));
            }
            let deaths = self.cluster.redis.deaths;
            self.strike_when_due(now)?;
            self.cluster.relieve(now);
            self.cluster.redis.keep_snapshot();
            self.cluster.redis.start_when_due(now);
            if let Some(verdict) = self.tend_master(now)? {
                let redis = &self.cluster.redis;
                self.end_lost = redis.is_down() || redis.deaths > deaths;
                return Ok(verdict);
            }
            for index in 0..self.cluster.workers.len() {
                if let Some(verdict) = self.tend_worker(index, now)? {
                    return Ok(verdict);
                }
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
        // A SIGKILL waits until somebody runs whom it can hit.
        if self.cluster.strike(&event.fault, now)? {
            self.next += 1;
        }
        Ok(())
    }

    /// Starts a master again that was killed, or whose end is excused; the verdict if it is done, or failed.
    fn tend_master(&mut self, now: Instant) -> anyhow::Result<Option<Verdict>> {
        let ending = self.cluster.master.ending()?;
        if ending == Some(Ending::Done) {
            return Ok(Some(Verdict::Exact));
        }
        let failed = self.judge(Who::Master, ending);
        if failed.is_some() {
            return Ok(failed);
        }
        let master = &mut self.cluster.master;
        if matches!(ending, Some(Ending::Failed(_))) {
            master.recall(now);
        }
        if master.start_when_due(now)? {
            // The one before may have dismissed them, and this one may have to do the job once more.
            for worker in &mut self.cluster.workers {
                worker.recall(now);
            }
        }
        Ok(None)
    }

    /// Starts a killed worker again; one that ended well has seen the end of the job. The verdict if it failed.
    fn tend_worker(&mut self, index: usize, now: Instant) -> anyhow::Result<Option<Verdict>> {
        let ending = self.cluster.workers[index].ending()?;
        let failed = self.judge(Who::Worker(index), ending);
        let worker = &mut self.cluster.workers[index];
        match ending {
            Some(Ending::Done) => worker.retire(),
            Some(Ending::Failed(_) | Ending::Crashed) => worker.recall(now),
            Some(Ending::Killed) | None => {}
        }
        worker.start_when_due(now)?;
        Ok(failed)
    }

    /// The verdict if nothing excuses how a process ended.
    fn judge(&mut self, who: Who, ending: Option<Ending>) -> Option<Verdict> {
        let code = match ending? {
            Ending::Done | Ending::Killed => return None,
            Ending::Crashed => KILLED,
            Ending::Failed(code) => code,
        };
        let (role, process, crash_point) = match who {
            Who::Worker(index) => {
                let worker = &self.cluster.workers[index];
                (Role::Worker, worker, self.schedule.crash_points[index])
            }
            Who::Master | Who::Redis => (Role::Master, &self.cluster.master, None),
        };
        let mut causes = self.cluster.causes(process);
        causes.extend(crash_point.map(|_| Cause::CrashPoint));
        causes.extend(self.end_lost.then_some(Cause::EndLost));
        let words = format!("{} (code {code})", process.last_words());
        if !is_excused(role, code, &causes) {
            let words =
                panic_in(&process.said()).map_or(words, |panic| format!("{panic} (code {code})"));
            return Some(Verdict::Failed(format!("{who}: {words}")));
        }
        if code == KILLED {
            self.report.crashes += 1;
        } else {
            let words = format!("{role:?}: {words}");
            *self.report.failures.entry(words).or_default() += 1;
        }
        None
    }

    /// Waits for the workers: each that joined the job must see that it is over, and none may fail.
    fn workers_end(&mut self) -> anyhow::Result<Verdict> {
        let over = Instant::now();
        let workers = &self.cluster.workers;
        let unharmed = |worker: &Process| over.duration_since(worker.since) > JOINED;
        let waited_for: Vec<bool> = workers.iter().map(unharmed).collect();
        let joined = workers.iter().filter(|it| it.is_running() && unharmed(it));
        let gone = workers.iter().filter(|worker| worker.is_retired());
        self.report.judged = (joined.count() + gone.count()) as u64;
        loop {
            let now = Instant::now();
            self.cluster.redis.start_when_due(now);
            self.cluster.relieve(now);
            let mut left = Vec::new();
            for (index, waited_for) in waited_for.iter().enumerate() {
                let worker = &mut self.cluster.workers[index];
                let ending = worker.ending()?;
                if worker.is_running() && *waited_for {
                    left.push(format!("worker-{index}"));
                }
                if let Some(verdict) = self.judge(Who::Worker(index), ending) {
                    return Ok(verdict);
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
