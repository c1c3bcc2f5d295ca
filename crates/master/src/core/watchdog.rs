//! Whether a job goes on, and if not, why.
//!
//! Two clocks run. **Progress** is a task that is done, failed, dead or planned: without any for a while the
//! store is examined and the cause told, again and again, ever more rarely as long as it stays the same. It is
//! a notice and ends nothing, for an attempt may honestly take an hour. **Life** is progress, or a lease that is
//! renewed: without any for `job.stall_timeout` the job ends, with the causes that are found then. Leases of tasks
//! that only go from hand to hand are no life. Time in which nobody could look, because the store or this
//! process stood still, counts on neither.

use std::collections::BTreeMap;
use std::time::Duration;

use store::{Health, HeldTask, JobStatus};

use super::Notice;
use super::cause::{Cause, Holding, told};

/// How many times rarer than at first an unchanged cause is told in the end.
const RAREST: u32 = 16;

/// How much of the time between two looks counts, at most.
const BLINK: Duration = Duration::from_secs(5);

/// Counts of tasks that only progress changes.
type Steps = (u32, u32, u32, u32);

/// What the master knows of a job that is not over.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// How long there may be no progress before the cause is told.
    notice: Duration,
    /// How long there may be no sign of life.
    limit: Option<Duration>,
    /// When the job was looked at last.
    looked: Duration,
    progress: (Steps, Duration),
    life: ((Steps, u64), Duration),
    /// When the store is examined next, if there is no progress until then.
    examine: Duration,
    told: Option<Told>,
    /// What was seen last, and when.
    seen: Option<(Health, Duration)>,
    /// When each delivery that is held now was first seen in these hands.
    held: BTreeMap<String, (String, Duration)>,
    /// Since when tasks only go from hand to hand, and nobody keeps one.
    restless: Option<Duration>,
}

/// What was told last.
#[derive(Debug)]
struct Told {
    causes: Vec<Cause>,
    /// When the same is told again.
    again: Duration,
    /// The pause up to then.
    pause: Duration,
}

/// What is to be done after an examination.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on.
    Wait,
    /// Go on, and tell this.
    Tell(Notice),
    /// End the job with this reason.
    End(String),
}

impl Watchdog {
    pub(super) fn new(notice: Duration, limit: Option<Duration>) -> Self {
        Self {
            notice,
            limit,
            looked: Duration::ZERO,
            progress: Default::default(),
            life: Default::default(),
            examine: notice,
            told: None,
            seen: None,
            held: BTreeMap::new(),
            restless: None,
        }
    }

    /// Takes note of how the job stands; whether the store is to be examined.
    pub(super) fn look(&mut self, status: &JobStatus, now: Duration) -> bool {
        self.leave_out_blindness(now);
        let steps = (status.done, status.failed, status.dead, status.planned);
        if steps != self.progress.0 {
            self.progress = (steps, now);
            self.examine = now + self.notice;
            (self.told, self.seen, self.restless) = (None, None, None);
            self.held.clear();
        }
        if (steps, status.beats) != self.life.0 {
            self.life = ((steps, status.beats), now);
        }
        if now < self.examine && !self.is_over(now) {
            return false;
        }
        self.examine = now + self.notice;
        true
    }

    /// What was long ago was so much less long ago.
    fn leave_out_blindness(&mut self, now: Duration) {
        let blind = (now.saturating_sub(self.looked)).saturating_sub(BLINK);
        self.looked = now;
        if blind.is_zero() {
            return;
        }
        for since in [&mut self.progress.1, &mut self.life.1, &mut self.examine] {
            *since += blind;
        }
        if let Some(restless) = &mut self.restless {
            *restless += blind;
        }
    }

    fn is_over(&self, now: Duration) -> bool {
        self.limit
            .is_some_and(|limit| now.saturating_sub(self.life.1) >= limit)
    }

    /// Takes what an examination found.
    pub(super) fn judge(&mut self, status: &JobStatus, health: Health, now: Duration) -> Verdict {
        let causes = self.causes(status, &health, now);
        self.seen = Some((health, now));
        if let Some(what) = self.end(now) {
            let causes = told(&causes);
            return Verdict::End(format!("{what}: {causes} (job.stall_timeout)"));
        }
        let pause = match &self.told {
            Some(told) if is_like(&told.causes, &causes) => {
                if now < told.again {
                    return Verdict::Wait;
                }
                (told.pause * 2).min(self.notice * RAREST)
            }
            _ => self.notice,
        };
        self.told = Some(Told {
            causes: causes.clone(),
            again: now + pause,
            pause,
        });
        let idle = now.saturating_sub(self.progress.1);
        Verdict::Tell(Notice::Stalled(idle, causes))
    }

    /// What makes it the end, if it is.
    fn end(&self, now: Duration) -> Option<String> {
        if self.is_over(now) {
            let silent = now.saturating_sub(self.life.1).as_secs();
            return Some(format!("no sign of life for {silent} s"));
        }
        let restless = now.saturating_sub(self.restless?);
        (restless >= self.limit?).then(|| {
            let seconds = restless.as_secs();
            format!("tasks only went from hand to hand for {seconds} s")
        })
    }

    /// Everything that may keep the job from going on, the store first. Never empty.
    fn causes(&mut self, status: &JobStatus, health: &Health, now: Duration) -> Vec<Cause> {
        let held = self.holdings(&health.held, now);
        let troubles = health.troubles.iter().cloned();
        let mut causes: Vec<_> = troubles.map(Cause::Store).collect();
        let handed_back = self.handed_back(health, now);
        // Whoever is seen twice with the same task may be at work on it, for long.
        let kept = held.iter().any(|holding| !holding.since.is_zero());
        let before = self.seen.as_ref().map(|(_, at)| *at);
        self.restless = match handed_back {
            Some(_) if !kept => self.restless.or(before),
            _ => None,
        };
        causes.extend(handed_back);
        let fresh = |holding: &Holding| holding.idle < self.notice;
        causes.push(match (status.workers, held) {
            (0, held) if held.is_empty() && status.done == 0 => Cause::NoWorkers,
            (0, _) => Cause::WorkersGone,
            // Handed back is all that there is to say.
            (_, held) if held.is_empty() && !causes.is_empty() => return causes,
            (workers, held) if held.is_empty() => Cause::Untaken {
                workers,
                waiting: status.waiting,
            },
            (_, held) if held.iter().any(fresh) => Cause::Working(held),
            (_, held) => Cause::Silent(held),
        });
        causes
    }

    /// Whether tasks were added again since the last examination, though none failed: that would be progress.
    fn handed_back(&self, health: &Health, now: Duration) -> Option<Cause> {
        let (before, at) = self.seen.as_ref()?;
        let times = health.generation.saturating_sub(before.generation);
        // A worker that is stopped hands back once what it has.
        (times > 1).then(|| Cause::HandedBack {
            times,
            within: now.saturating_sub(*at),
        })
    }

    fn holdings(&mut self, held: &[HeldTask], now: Duration) -> Vec<Holding> {
        let before = std::mem::take(&mut self.held);
        let holding = |held: &HeldTask| {
            let since = match before.get(&held.entry) {
                Some((worker, since)) if *worker == held.worker => *since,
                _ => now,
            };
            let hands = (held.worker.clone(), since);
            self.held.insert(held.entry.clone(), hands);
            Holding {
                index: held.index,
                worker: held.worker.clone(),
                since: now.saturating_sub(since),
                idle: held.idle,
                deliveries: held.deliveries,
            }
        };
        held.iter().map(holding).collect()
    }
}

fn is_like(one: &[Cause], other: &[Cause]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is_like(other))
}
