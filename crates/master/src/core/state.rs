//! The reconciler.

use std::time::Duration;

use mapreduce::{JobId, PlanHash};
use store::{
    EventCursor, FinishReply, Health, JobRecord, JobRef, JobState, JobStatus, PlanReply, StoreId,
};

use super::watchdog::{Verdict, Watchdog};
use super::{Action, Event, Notice, Outcome};

/// What the master wants.
#[derive(Debug, Clone)]
pub struct Goal {
    /// The plan.
    pub plan: PlanHash,
    /// Number of map tasks in it, at least 1.
    pub maps: u32,
    /// Number of all tasks in it; more than map tasks if there are reduce tasks.
    pub total: u32,
    /// The id asked for; without, an unfinished job of the same plan is taken up, or `fresh` is used.
    pub id: Option<JobId>,
    /// The id for a new job.
    pub fresh: JobId,
    /// How long no task may be completed before the reasons are told.
    pub stall_notice: Duration,
    /// How long there may be no sign of life.
    pub stall_timeout: Option<Duration>,
    /// How many records may be left out because the job's code fails at them.
    pub skip_bad_records: u64,
}

/// The master's state.
#[derive(Debug)]
pub struct Core {
    goal: Goal,
    store: Option<StoreId>,
    job: Option<JobRef>,
    cursor: EventCursor,
    outcome: Option<Outcome>,
    /// Whether the result was made out of parts. It stays right whatever becomes of the store.
    assembled: bool,
    /// Whether an audit has found nothing since something happened last.
    audited: bool,
    /// When the next audit is due while nobody holds a task.
    audit: Duration,
    /// Whether the job has been seen in this master's time.
    seen: bool,
    watchdog: Watchdog,
    /// How the job stood, and when, as the store was asked why nothing gets done.
    asked: Option<(Box<JobStatus>, Duration)>,
}

/// Time between audits while nobody holds a task, though the store says that some wait: it may be wrong.
const AUDIT: Duration = Duration::from_secs(10);

impl Core {
    /// A master that has done nothing yet.
    pub fn new(goal: Goal) -> Self {
        Self {
            watchdog: Watchdog::new(goal.stall_notice, goal.stall_timeout),
            asked: None,
            goal,
            store: None,
            job: None,
            cursor: EventCursor::default(),
            outcome: None,
            assembled: false,
            audited: false,
            audit: AUDIT,
            seen: false,
        }
    }

    /// The job, once it is known.
    pub fn job(&self) -> Option<&JobRef> {
        self.job.as_ref()
    }

    /// Takes an event, answers what to do.
    pub fn step(&mut self, event: Event) -> Vec<Action> {
        match (event, self.job.clone()) {
            (Event::Started | Event::Troubled(_), _) => vec![Action::Connect],
            (Event::Connected(store), job) => self.connected(store, job),
            (Event::Jobs(jobs), _) => self.choose(&jobs),
            (Event::Planned(reply), Some(job)) => self.planned(job, reply),
            (Event::Missing(lost), Some(job)) if lost.is_empty() => {
                self.audited = true;
                vec![Action::Status(job.id)]
            }
            (Event::Missing(lost), Some(job)) => {
                let notice = Notice::Lost(lost.len() as u32);
                vec![Action::Say(notice), Action::Repair(job, lost)]
            }
            (Event::Repaired, Some(job)) => vec![Action::Audit(job)],
            (Event::Watched(cursor), Some(job)) => {
                self.cursor = cursor;
                self.audited = false;
                vec![Action::Status(job.id)]
            }
            // The store was rolled back to before the plan.
            (Event::Status(None, _), Some(job)) => vec![Action::Plan(job, 0)],
            (Event::Status(Some(status), now), Some(job)) => self.reconcile(job, status, now),
            (Event::Examined(health), Some(job)) => self.examined(job, *health),
            (Event::Assembled, Some(job)) => {
                self.assembled = true;
                vec![Action::Finish(job)]
            }
            (Event::PartsLost(lost), Some(job)) => {
                let notice = Notice::PartsLost(lost.len() as u32);
                vec![Action::Say(notice), Action::Reopen(job, lost)]
            }
            (Event::Reopened, Some(job)) => vec![Action::Status(job.id)],
            (Event::Finished(reply), Some(job)) => self.finished(job, reply),
            (Event::Published, Some(job)) => {
                self.outcome = Some(Outcome::Done);
                vec![Action::Retire(job)]
            }
            (Event::Abandoned, Some(job)) => vec![Action::Retire(job)],
            (Event::Retired, _) => {
                let lost = || Outcome::Failed("it was retired before it was over".to_owned());
                vec![Action::End(self.outcome.clone().unwrap_or_else(lost))]
            }
            // An answer about a job that was never chosen cannot come; starting over is always right.
            (_, None) => vec![Action::Connect],
        }
    }

    fn connected(&mut self, store: StoreId, job: Option<JobRef>) -> Vec<Action> {
        let restarted = self.store.as_ref().is_some_and(|before| *before != store);
        self.store = Some(store);
        let Some(job) = job else {
            return vec![Action::Jobs];
        };
        if self.outcome.is_some() {
            return vec![self.close(job)];
        }
        if restarted {
            // The events are of another incarnation: everything may be news.
            self.cursor = EventCursor::default();
            return vec![Action::Say(Notice::StoreRestarted), Action::Plan(job, 0)];
        }
        vec![Action::Plan(job, 0)]
    }

    /// Takes up an unfinished job of the same plan, or begins one.
    fn choose(&mut self, jobs: &[JobRecord]) -> Vec<Action> {
        let plan = self.goal.plan;
        let same = |record: &&JobRecord| {
            record.job.plan == plan
                && !matches!(record.state, JobState::Failed | JobState::Cancelled)
        };
        let left = jobs.iter().find(same).map(|record| record.job.id.clone());
        let resumed = self.goal.id.is_none() && left.is_some();
        let id = self
            .goal
            .id
            .clone()
            .or(left)
            .unwrap_or_else(|| self.goal.fresh.clone());
        let job = JobRef { id, plan };
        self.job = Some(job.clone());
        let mut actions = Vec::new();
        if resumed {
            actions.push(Action::Say(Notice::Resumed));
        }
        actions.push(Action::Plan(job, 0));
        actions
    }

    fn planned(&mut self, job: JobRef, reply: PlanReply) -> Vec<Action> {
        match reply {
            PlanReply::Next(next) | PlanReply::Gap(next) => vec![Action::Plan(job, next)],
            PlanReply::Complete => vec![Action::Audit(job)],
            PlanReply::Mismatch { found } => {
                let id = &job.id;
                vec![Action::End(Outcome::Failed(format!(
                    "the job id {id} is taken by another plan ({found}); choose another job.id, or leave it unset"
                )))]
            }
        }
    }

    fn reconcile(&mut self, job: JobRef, status: Box<JobStatus>, now: Duration) -> Vec<Action> {
        if status.plan != job.plan {
            return self.planned(
                job,
                PlanReply::Mismatch {
                    found: status.plan.to_string(),
                },
            );
        }
        let seen = std::mem::replace(&mut self.seen, true);
        match status.state {
            // Closed by a master before this one.
            JobState::Done if self.must_assemble() => vec![Action::Assemble(job, status)],
            JobState::Done if status.pending == 0 => vec![Action::Publish(job, status)],
            // Acknowledges what duplicates are pending.
            JobState::Done => vec![Action::Finish(job)],
            JobState::Failed | JobState::Cancelled => {
                let mut reason = status
                    .reason
                    .unwrap_or_else(|| "it was cancelled".to_owned());
                if !seen {
                    reason += " (that was before; to run it again choose another job.id, or none)";
                }
                self.outcome = Some(Outcome::Failed(reason));
                vec![Action::Retire(job)]
            }
            JobState::Planning => vec![Action::Plan(job, status.planned)],
            _ if status.dead > 0 => self.give_up(job, dead_letters(&status)),
            _ if status.counters.skipped_records > self.goal.skip_bad_records => {
                let reason = self.too_many_bad_records(status.counters.skipped_records);
                self.give_up(job, reason)
            }
            _ if status.done >= status.total && self.must_assemble() => {
                vec![Action::Assemble(job, status)]
            }
            _ if status.done >= status.total => vec![Action::Finish(job)],
            // All maps are done: now the reduce tasks can be planned.
            JobState::Map if status.planned < status.total && status.done >= status.maps => {
                vec![Action::Plan(job, status.planned)]
            }
            // Nobody has a task, and yet some are not done: they wait to be claimed, or are lost. How many
            // wait is a guess of the store's; an audit can tell.
            _ if status.pending == 0
                && !self.audited
                && (status.waiting == 0 || now >= self.audit) =>
            {
                self.audit = now + AUDIT;
                vec![Action::Audit(job)]
            }
            _ => self.wait(job, status, now),
        }
    }

    fn too_many_bad_records(&self, found: u64) -> String {
        format!(
            "the job fails at {found} records or more, and job.skip_bad_records lets {} be left out; the workers' logs \
             tell which and why",
            self.goal.skip_bad_records
        )
    }

    fn must_assemble(&self) -> bool {
        self.goal.total > self.goal.maps && !self.assembled
    }

    /// Watches on, unless nothing has happened for too long.
    fn wait(&mut self, job: JobRef, status: Box<JobStatus>, now: Duration) -> Vec<Action> {
        if self.watchdog.look(&status, now) {
            let examine = vec![Action::Examine(job.id)];
            self.asked = Some((status, now));
            return examine;
        }
        self.watch(job)
    }

    fn watch(&self, job: JobRef) -> Vec<Action> {
        vec![Action::Watch(job.id, self.cursor.clone())]
    }

    fn examined(&mut self, job: JobRef, health: Health) -> Vec<Action> {
        let Some((status, now)) = self.asked.take() else {
            return self.watch(job);
        };
        match self.watchdog.judge(&status, health, now) {
            Verdict::Wait => self.watch(job),
            Verdict::Tell(notice) => {
                let mut actions = vec![Action::Say(notice)];
                actions.extend(self.watch(job));
                actions
            }
            Verdict::End(reason) => self.give_up(job, reason),
        }
    }

    /// Once more after a fault: the store may have been rolled back to where the job still ran, and its
    /// workers would wait for ever. A job that is over stays as it is.
    fn close(&self, job: JobRef) -> Action {
        let reason = match &self.outcome {
            Some(Outcome::Failed(reason)) => reason.clone(),
            _ => "its result had been published when the store was rolled back".to_owned(),
        };
        Action::Abandon(job, reason)
    }

    fn give_up(&mut self, job: JobRef, reason: String) -> Vec<Action> {
        self.outcome = Some(Outcome::Failed(reason.clone()));
        vec![Action::Abandon(job, reason)]
    }

    fn finished(&mut self, job: JobRef, reply: FinishReply) -> Vec<Action> {
        match reply {
            FinishReply::NoPlan => vec![Action::Plan(job, 0)],
            FinishReply::NotYet { done, total } if done > total => {
                let reason =
                    format!("{done} of {total} tasks are done: somebody changed the job's keys");
                self.give_up(job, reason)
            }
            FinishReply::NotYet { .. } => vec![Action::Audit(job)],
            FinishReply::Done | FinishReply::Over(_) => vec![Action::Status(job.id)],
        }
    }
}

fn dead_letters(status: &JobStatus) -> String {
    let mut reasons: Vec<_> = status
        .dead_letters
        .iter()
        .map(|(_, reason)| reason.as_str())
        .collect();
    reasons.dedup();
    let more = status.dead as usize - reasons.len().min(status.dead as usize);
    let reasons = reasons.join("; ");
    if more > 0 {
        format!("{reasons}; and {more} more failed tasks")
    } else {
        reasons
    }
}
