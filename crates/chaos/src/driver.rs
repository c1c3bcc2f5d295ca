//! The running job: faults at their moments, restarts, and the end.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::disk::Disk;
use crate::excuse::{Cause, Role, is_excused, panic_in};
use crate::fault::Member;
use crate::process::{Ending, Process, SIGKILL_EXIT_CODE, Settings};
use crate::redis::Redis;
use crate::report::Report;
use crate::schedule::Schedule;
use crate::verdict::Verdict;

/// Time within which workers must end after the job. A worker on a silently dead connection waits up to a minute for
/// the reply to a commit, so this is longer than a minute.
const GRACE: Duration = Duration::from_secs(75);

/// Time without a fault after which a worker is known to have joined the job. Other workers may still wait for a job.
const JOINED: Duration = Duration::from_secs(3);

/// Interval between checks of the processes.
const POLL_INTERVAL: Duration = Duration::from_millis(4);

/// A running job.
#[derive(Debug)]
pub(crate) struct Driver<'a> {
    pub(crate) cluster: Cluster,
    schedule: &'a Schedule,
    start: Instant,
    /// Index of the next event of the schedule.
    next: usize,
    /// True if Redis died after the master had finished, so that it may have lost the end of the job.
    end_lost: bool,
    report: Report,
}

impl<'a> Driver<'a> {
    /// Starts Redis, the master and the workers.
    pub(crate) fn start(
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

    /// Runs the job until all processes have ended or something is wrong.
    ///
    /// [`Verdict::Exact`] means here only that the job ended. The caller compares the result.
    pub(crate) fn run(&mut self, limit: Duration) -> anyhow::Result<Verdict> {
        let verdict = match self.until_master_ends(limit)? {
            Verdict::Exact => self.workers_end()?,
            other => other,
        };
        self.report.took = self.start.elapsed();
        Ok(verdict)
    }

    /// Returns the report of the job with this verdict.
    pub(crate) fn into_report(mut self, verdict: Verdict) -> Report {
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
            self.inject_when_due(now)?;
            self.cluster.end_due_faults(now);
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
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn inject_when_due(&mut self, now: Instant) -> anyhow::Result<()> {
        let Some(event) = self.schedule.events.get(self.next) else {
            return Ok(());
        };
        if now < self.start + event.at {
            return Ok(());
        }
        // A SIGKILL waits until a process runs that it can hit.
        if self.cluster.inject(&event.fault, now)? {
            self.next += 1;
        }
        Ok(())
    }

    /// Restarts the master if it was killed or if a fault excuses its exit.
    ///
    /// Returns the verdict if the master finished or failed.
    fn tend_master(&mut self, now: Instant) -> anyhow::Result<Option<Verdict>> {
        let ending = self.cluster.master.ending()?;
        if ending == Some(Ending::Done) {
            return Ok(Some(Verdict::Exact));
        }
        let failed = self.judge(Member::Master, ending);
        if failed.is_some() {
            return Ok(failed);
        }
        let master = &mut self.cluster.master;
        if matches!(ending, Some(Ending::Failed(_))) {
            master.recall(now);
        }
        if master.start_when_due(now)? {
            // The previous master may have dismissed the workers, and this one may have to run the job again.
            for worker in &mut self.cluster.workers {
                worker.recall(now);
            }
        }
        Ok(None)
    }

    /// Restarts a killed worker. A worker that exited with success has seen the end of the job and stays down.
    ///
    /// Returns the verdict if the worker failed.
    fn tend_worker(&mut self, index: usize, now: Instant) -> anyhow::Result<Option<Verdict>> {
        let ending = self.cluster.workers[index].ending()?;
        let failed = self.judge(Member::Worker(index), ending);
        let worker = &mut self.cluster.workers[index];
        match ending {
            Some(Ending::Done) => worker.retire(),
            Some(Ending::Failed(_) | Ending::Crashed) => worker.recall(now),
            Some(Ending::Killed) | None => {}
        }
        worker.start_when_due(now)?;
        Ok(failed)
    }

    /// Returns the verdict if no fault excuses the exit of a process.
    fn judge(&mut self, member: Member, ending: Option<Ending>) -> Option<Verdict> {
        let code = match ending? {
            Ending::Done | Ending::Killed => return None,
            Ending::Crashed => SIGKILL_EXIT_CODE,
            Ending::Failed(code) => code,
        };
        let (role, process, crash_point) = match member {
            Member::Worker(index) => {
                let worker = &self.cluster.workers[index];
                (Role::Worker, worker, self.schedule.crash_points[index])
            }
            Member::Master | Member::Redis => (Role::Master, &self.cluster.master, None),
        };
        let mut causes = self.cluster.causes(process);
        causes.extend(crash_point.map(|_| Cause::CrashPoint));
        causes.extend(self.end_lost.then_some(Cause::EndLost));
        let words = format!("{} (code {code})", process.last_message());
        if !is_excused(role, code, &causes) {
            let panic = panic_in(&process.log_text());
            let words = panic.map_or(words, |panic| format!("{panic} (code {code})"));
            return Some(Verdict::Failed(format!("{member}: {words}")));
        }
        if code == SIGKILL_EXIT_CODE {
            self.report.crashes += 1;
        } else {
            let words = format!("{role:?}: {words}");
            *self.report.failures.entry(words).or_default() += 1;
        }
        None
    }

    /// Waits for the workers. Each worker that joined the job must end, and no worker may fail.
    fn workers_end(&mut self) -> anyhow::Result<Verdict> {
        let over = Instant::now();
        let workers = &self.cluster.workers;
        let has_joined = |worker: &Process| over.duration_since(worker.last_fault) > JOINED;
        let waited_for: Vec<bool> = workers.iter().map(has_joined).collect();
        let joined = workers
            .iter()
            .filter(|it| it.is_running() && has_joined(it));
        let gone = workers.iter().filter(|worker| worker.is_retired());
        self.report.judged = (joined.count() + gone.count()) as u64;
        loop {
            let now = Instant::now();
            self.cluster.redis.start_when_due(now);
            self.cluster.end_due_faults(now);
            let mut left = Vec::new();
            for (index, waited_for) in waited_for.iter().enumerate() {
                let worker = &mut self.cluster.workers[index];
                let ending = worker.ending()?;
                if worker.is_running() && *waited_for {
                    left.push(format!("worker-{index}"));
                }
                if let Some(verdict) = self.judge(Member::Worker(index), ending) {
                    return Ok(verdict);
                }
            }
            if left.is_empty() {
                return Ok(Verdict::Exact);
            }
            if over.elapsed() > GRACE {
                let left = left.join(", ");
                return Ok(Verdict::Hung(format!(
                    "{left} still running {} s after the end of the job",
                    GRACE.as_secs()
                )));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}
