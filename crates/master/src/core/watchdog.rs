//! The watchdog detects that a job makes no progress, and finds out why.
//!
//! It runs two clocks:
//! - **Progress** is a task that is done, failed, dead or planned. Without progress for `job.stall_notice`, the store
//!   is examined and the diagnosis reported. An unchanged diagnosis is repeated at growing intervals. A report does not
//!   end the job, because an attempt may legitimately take an hour.
//! - **Life** is progress, or a lease that is renewed. Without life for `job.stall_timeout` the job ends, and the
//!   diagnosis of that moment is its reason. Tasks that workers only hand back and claim again do not count as
//!   life.
//!
//! Neither clock counts time in which the master could not observe the job, because the store or this process was
//! suspended.

use std::collections::BTreeMap;
use std::time::Duration;

use store::{Health, HeldTask, JobStatus};

use super::action::Notice;
use super::stall_diagnosis::{HeldLease, StallDiagnosis, in_one_line};

/// Factor between the first and the longest interval at which an unchanged diagnosis is repeated.
const MAX_BACKOFF: u32 = 16;

/// Maximum interval between two observations. In a longer interval, the master could not observe the job.
const MAX_LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// Counts of tasks that are done, failed, dead and planned. Only progress changes them.
type TaskCounts = (u32, u32, u32, u32);

/// Observations of a job that is not over.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// Time without progress before a diagnosis is reported.
    notice: Duration,
    /// Maximum time without liveness.
    limit: Option<Duration>,
    /// Time of the last observation of the job.
    last_look: Duration,
    progress: (TaskCounts, Duration),
    life: ((TaskCounts, u64), Duration),
    /// Time of the next examination if there is no progress until then.
    next_examination: Duration,
    reported: Option<Reported>,
    /// Last examination, and its time.
    examined: Option<(Health, Duration)>,
    /// For each delivery that a worker holds: the worker, and the time when it was first seen.
    held: BTreeMap<String, (String, Duration)>,
    /// Time since which workers only return tasks and claim them again, without keeping one.
    churning: Option<Duration>,
}

/// Last report.
#[derive(Debug)]
struct Reported {
    diagnoses: Vec<StallDiagnosis>,
    /// Time at which the same diagnoses are reported again.
    again: Duration,
    /// Interval up to then.
    interval: Duration,
}

/// Decision after an examination.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Continue.
    Wait,
    /// Continue, and report this.
    Report(Notice),
    /// End the job for this reason.
    End(String),
}

impl Watchdog {
    pub(super) fn new(notice: Duration, limit: Option<Duration>) -> Self {
        Self {
            notice,
            limit,
            last_look: Duration::ZERO,
            progress: Default::default(),
            life: Default::default(),
            next_examination: notice,
            reported: None,
            examined: None,
            held: BTreeMap::new(),
            churning: None,
        }
    }

    /// Records the status of the job. Returns whether the store must be examined.
    pub(super) fn look(&mut self, status: &JobStatus, now: Duration) -> bool {
        self.discount_suspension(now);
        let counts = (status.done, status.failed, status.dead, status.planned);
        if counts != self.progress.0 {
            self.progress = (counts, now);
            self.next_examination = now + self.notice;
            (self.reported, self.examined, self.churning) = (None, None, None);
            self.held.clear();
        }
        if (counts, status.beats) != self.life.0 {
            self.life = ((counts, status.beats), now);
        }
        if now < self.next_examination && !self.is_dead(now) {
            return false;
        }
        self.next_examination = now + self.notice;
        true
    }

    /// Shifts the timestamps by the time in which the master could not observe the job.
    fn discount_suspension(&mut self, now: Duration) {
        let suspended = (now.saturating_sub(self.last_look)).saturating_sub(MAX_LOOK_INTERVAL);
        self.last_look = now;
        if suspended.is_zero() {
            return;
        }
        for since in [
            &mut self.progress.1,
            &mut self.life.1,
            &mut self.next_examination,
        ] {
            *since += suspended;
        }
        if let Some(churning) = &mut self.churning {
            *churning += suspended;
        }
    }

    /// Reports whether there was no life for the whole timeout.
    fn is_dead(&self, now: Duration) -> bool {
        self.limit
            .is_some_and(|limit| now.saturating_sub(self.life.1) >= limit)
    }

    /// Decides on the `health` that an examination found.
    pub(super) fn judge(&mut self, status: &JobStatus, health: Health, now: Duration) -> Verdict {
        let diagnoses = self.diagnose(status, &health, now);
        self.examined = Some((health, now));
        if let Some(end) = self.end(now) {
            let diagnoses = in_one_line(&diagnoses);
            return Verdict::End(format!("{end} (job.stall_timeout): {diagnoses}"));
        }
        let interval = match &self.reported {
            Some(reported) if are_same_kind(&reported.diagnoses, &diagnoses) => {
                if now < reported.again {
                    return Verdict::Wait;
                }
                (reported.interval * 2).min(self.notice * MAX_BACKOFF)
            }
            _ => self.notice,
        };
        self.reported = Some(Reported {
            diagnoses: diagnoses.clone(),
            again: now + interval,
            interval,
        });
        let idle = now.saturating_sub(self.progress.1);
        Verdict::Report(Notice::Stalled(idle, diagnoses))
    }

    /// Returns the reason to end the job; `None` while it may continue.
    fn end(&self, now: Duration) -> Option<String> {
        if self.is_dead(now) {
            let silent = now.saturating_sub(self.life.1).as_secs();
            return Some(format!("no heartbeat and no completed task for {silent} s"));
        }
        let churning = now.saturating_sub(self.churning?);
        (churning >= self.limit?).then(|| {
            let seconds = churning.as_secs();
            format!("workers returned all tasks unfinished for {seconds} s")
        })
    }

    /// Returns all possible reasons of the stall, problems of the store first. The list is never empty.
    fn diagnose(
        &mut self,
        status: &JobStatus,
        health: &Health,
        now: Duration,
    ) -> Vec<StallDiagnosis> {
        let held = self.held_leases(&health.held, now);
        let problems = health.problems.iter().cloned();
        let mut diagnoses: Vec<_> = problems.map(StallDiagnosis::Store).collect();
        let handed_back = self.handed_back(health, now);
        // A worker that holds the same task at two examinations may be working on it, and may need long.
        let kept = held.iter().any(|lease| !lease.held_for.is_zero());
        let before = self.examined.as_ref().map(|(_, at)| *at);
        self.churning = match handed_back {
            Some(_) if !kept => self.churning.or(before),
            _ => None,
        };
        diagnoses.extend(handed_back);
        let is_renewed = |lease: &HeldLease| lease.idle < self.notice;
        diagnoses.push(match (status.workers, held) {
            (0, held) if held.is_empty() && status.done == 0 => StallDiagnosis::NoWorkers,
            (0, _) => StallDiagnosis::WorkersGone,
            // The earlier diagnoses explain why no worker holds a task.
            (_, held) if held.is_empty() && !diagnoses.is_empty() => return diagnoses,
            (workers, held) if held.is_empty() => StallDiagnosis::Unclaimed {
                workers,
                waiting: status.waiting,
            },
            (_, held) if held.iter().any(is_renewed) => StallDiagnosis::Working(held),
            (_, held) => StallDiagnosis::SilentWorkers(held),
        });
        diagnoses
    }

    /// Reports tasks that were added again since the last examination.
    ///
    /// None of them failed, because a failure is progress, which clears the last examination.
    fn handed_back(&self, health: &Health, now: Duration) -> Option<StallDiagnosis> {
        let (before, at) = self.examined.as_ref()?;
        let times = health.generation.saturating_sub(before.generation);
        // A worker that is stopped returns its task once, which is normal.
        (times > 1).then(|| StallDiagnosis::HandedBack {
            times,
            within: now.saturating_sub(*at),
        })
    }

    fn held_leases(&mut self, held: &[HeldTask], now: Duration) -> Vec<HeldLease> {
        let before = std::mem::take(&mut self.held);
        let lease = |held: &HeldTask| {
            let since = match before.get(&held.entry) {
                Some((worker, since)) if *worker == held.worker => *since,
                _ => now,
            };
            let holder = (held.worker.clone(), since);
            self.held.insert(held.entry.clone(), holder);
            HeldLease {
                index: held.index,
                worker: held.worker.clone(),
                held_for: now.saturating_sub(since),
                idle: held.idle,
                deliveries: held.deliveries,
            }
        };
        held.iter().map(lease).collect()
    }
}

fn are_same_kind(one: &[StallDiagnosis], other: &[StallDiagnosis]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.is_same_kind(other))
}
