//! The reconciler: the state of the master, and its reaction to each event.

use std::time::Duration;

use mapreduce_core::{JobId, PlanHash};
use store::{
    EventCursor, FinishReply, Health, JobRecord, JobRef, JobState, JobStatus, PlanReply, StoreId,
};

use super::action::{Action, Notice, Outcome};
use super::event::Event;
use super::watchdog::{Verdict, Watchdog};

/// Time between audits while no worker holds a task and the store reports waiting tasks. That report may be wrong.
const AUDIT_INTERVAL: Duration = Duration::from_secs(10);

/// Goal of the master.
#[derive(Debug, Clone)]
pub struct Goal {
    /// Hash of the plan.
    pub plan: PlanHash,
    /// Number of map tasks in the plan, at least 1.
    pub maps: u32,
    /// Number of all tasks in the plan. It exceeds `maps` if there are reduce tasks.
    pub total: u32,
    /// Configured job id. Without one, an unfinished job of the same plan is resumed, or `fresh` is used.
    pub id: Option<JobId>,
    /// Id for a new job.
    pub fresh: JobId,
    /// Time without progress before the stall is reported.
    pub stall_notice: Duration,
    /// Maximum time without a heartbeat or a completed task.
    pub stall_timeout: Option<Duration>,
    /// Maximum number of bad records that may be skipped.
    pub skip_bad_records: u64,
}

/// State of the master.
#[derive(Debug)]
pub struct Reconciler {
    goal: Goal,
    store: Option<StoreId>,
    job: Option<JobRef>,
    cursor: EventCursor,
    outcome: Option<Outcome>,
    /// True once the output is written from the partition results. It stays valid even if the store is rolled back.
    assembled: bool,
    /// True if an audit has found no lost task since the last event of the job.
    audited: bool,
    /// Time of the next audit while no worker holds a task.
    next_audit: Duration,
    /// True once this master has seen a status of the job.
    seen: bool,
    watchdog: Watchdog,
    /// Status of the job, and its time, for which an examination is pending.
    examining: Option<(Box<JobStatus>, Duration)>,
}

impl Reconciler {
    /// Returns the state of a master that has just started.
    pub fn new(goal: Goal) -> Self {
        Self {
            watchdog: Watchdog::new(goal.stall_notice, goal.stall_timeout),
            examining: None,
            goal,
            store: None,
            job: None,
            cursor: EventCursor::default(),
            outcome: None,
            assembled: false,
            audited: false,
            next_audit: AUDIT_INTERVAL,
            seen: false,
        }
    }

    /// Returns the job once it is chosen.
    pub fn job(&self) -> Option<&JobRef> {
        self.job.as_ref()
    }

    /// Handles an event and returns the next actions.
    pub fn step(&mut self, event: Event) -> Vec<Action> {
        match (event, self.job.clone()) {
            (Event::Started | Event::StoreFailed(_), _) => vec![Action::Connect],
            (Event::Connected(store), job) => self.connected(store, job),
            (Event::Jobs(jobs), _) => self.choose(&jobs),
            (Event::Planned(reply), Some(job)) => Self::planned(job, reply),
            (Event::Missing(lost), Some(job)) if lost.is_empty() => {
                self.audited = true;
                vec![Action::Status(job.id)]
            }
            (Event::Missing(lost), Some(job)) => {
                let notice = Notice::TasksLost(lost.len() as u32);
                vec![Action::Notify(notice), Action::Repair(job, lost)]
            }
            (Event::Repaired, Some(job)) => vec![Action::Audit(job)],
            (Event::Watched(cursor), Some(job)) => {
                self.cursor = cursor;
                self.audited = false;
                vec![Action::Status(job.id)]
            }
            // The store was rolled back to a time before the plan.
            (Event::Status(None, _), Some(job)) => vec![Action::Plan(job, 0)],
            (Event::Status(Some(status), now), Some(job)) => self.reconcile(job, status, now),
            (Event::Examined(health), Some(job)) => self.examined(job, *health),
            (Event::Assembled, Some(job)) => {
                self.assembled = true;
                vec![Action::Finish(job)]
            }
            (Event::PartitionsLost(lost), Some(job)) => {
                let notice = Notice::PartitionsLost(lost.len() as u32);
                vec![Action::Notify(notice), Action::Reopen(job, lost)]
            }
            (Event::Reopened, Some(job)) => vec![Action::Status(job.id)],
            (Event::Finished(reply), Some(job)) => self.finished(job, reply),
            (Event::Published, Some(job)) => {
                self.outcome = Some(Outcome::Done);
                vec![Action::Retire(job)]
            }
            (Event::Abandoned, Some(job)) => vec![Action::Retire(job)],
            (Event::Retired, _) => vec![Action::End(self.retired())],
            // These events answer an action on a job, so they cannot come before a job is chosen. Starting over is
            // always correct.
            (
                Event::Planned(_)
                | Event::Missing(_)
                | Event::Repaired
                | Event::Watched(_)
                | Event::Status(..)
                | Event::Examined(_)
                | Event::Assembled
                | Event::PartitionsLost(_)
                | Event::Reopened
                | Event::Finished(_)
                | Event::Published
                | Event::Abandoned,
                None,
            ) => vec![Action::Connect],
        }
    }

    fn retired(&self) -> Outcome {
        let unexpected =
            || Outcome::Failed("it was removed from the store before it finished".to_owned());
        self.outcome.clone().unwrap_or_else(unexpected)
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
            // The cursor belongs to another incarnation, so any event may be new.
            self.cursor = EventCursor::default();
            return vec![Action::Notify(Notice::StoreRestarted), Action::Plan(job, 0)];
        }
        vec![Action::Plan(job, 0)]
    }

    /// Resumes an unfinished job of the same plan, or starts a new job.
    fn choose(&mut self, jobs: &[JobRecord]) -> Vec<Action> {
        let plan = self.goal.plan;
        let same = |record: &&JobRecord| {
            record.job.plan == plan
                && !matches!(record.state, JobState::Failed | JobState::Cancelled)
        };
        let unfinished = jobs.iter().find(same).map(|record| record.job.id.clone());
        let resumed = self.goal.id.is_none() && unfinished.is_some();
        let id = self
            .goal
            .id
            .clone()
            .or(unfinished)
            .unwrap_or_else(|| self.goal.fresh.clone());
        let job = JobRef { id, plan };
        self.job = Some(job.clone());
        let mut actions = Vec::new();
        if resumed {
            actions.push(Action::Notify(Notice::Resumed));
        }
        actions.push(Action::Plan(job, 0));
        actions
    }

    fn planned(job: JobRef, reply: PlanReply) -> Vec<Action> {
        match reply {
            PlanReply::Next(next) | PlanReply::Gap(next) => vec![Action::Plan(job, next)],
            PlanReply::Complete => vec![Action::Audit(job)],
            PlanReply::Mismatch { found } => {
                let id = &job.id;
                vec![Action::End(Outcome::Failed(format!(
                    "the job id {id} is taken by another plan ({found}), such as other input or settings; choose another job.id, or unset it"
                )))]
            }
        }
    }

    fn reconcile(&mut self, job: JobRef, status: Box<JobStatus>, now: Duration) -> Vec<Action> {
        if status.plan != job.plan {
            let found = status.plan.to_string();
            return Self::planned(job, PlanReply::Mismatch { found });
        }
        let seen = std::mem::replace(&mut self.seen, true);
        match status.state {
            // An earlier master has closed the job.
            JobState::Done if self.must_assemble() => vec![Action::Assemble(job, status)],
            JobState::Done if status.pending == 0 => vec![Action::Publish(job, status)],
            // Closing once more acknowledges duplicates that are still pending.
            JobState::Done => vec![Action::Finish(job)],
            JobState::Failed | JobState::Cancelled => {
                let mut reason = status
                    .reason
                    .unwrap_or_else(|| "the job was cancelled".to_owned());
                if !seen {
                    reason += " (in an earlier run; to run the job again, choose another job.id, or unset it)";
                }
                self.outcome = Some(Outcome::Failed(reason));
                vec![Action::Retire(job)]
            }
            JobState::Planning => vec![Action::Plan(job, status.planned)],
            // `JobState` is an open enum of the store. A state that is not over is one in which tasks run.
            _ => self.reconcile_tasks(job, status, now),
        }
    }

    /// Reconciles a job whose tasks run.
    fn reconcile_tasks(
        &mut self,
        job: JobRef,
        status: Box<JobStatus>,
        now: Duration,
    ) -> Vec<Action> {
        if status.dead > 0 {
            return self.fail(job, dead_letters(&status));
        }
        if status.counters.skipped_records > self.goal.skip_bad_records {
            let reason = self.too_many_bad_records(status.counters.skipped_records);
            return self.fail(job, reason);
        }
        if status.done >= status.total {
            return match self.must_assemble() {
                true => vec![Action::Assemble(job, status)],
                false => vec![Action::Finish(job)],
            };
        }
        // Reduce tasks are planned once all map tasks are done.
        if status.state == JobState::Map
            && status.planned < status.total
            && status.done >= status.maps
        {
            return vec![Action::Plan(job, status.planned)];
        }
        // No worker holds a task, but some are not done: they wait to be claimed, or are lost. The store only estimates
        // how many wait, so an audit must tell.
        if status.pending == 0 && !self.audited && (status.waiting == 0 || now >= self.next_audit) {
            self.next_audit = now + AUDIT_INTERVAL;
            return vec![Action::Audit(job)];
        }
        self.wait(job, status, now)
    }

    fn too_many_bad_records(&self, found: u64) -> String {
        format!(
            "found at least {found} bad records, but job.skip_bad_records={}; the workers' logs list the records and the errors",
            self.goal.skip_bad_records
        )
    }

    fn must_assemble(&self) -> bool {
        self.goal.total > self.goal.maps && !self.assembled
    }

    /// Keeps watching, or examines the store if nothing has happened for too long.
    fn wait(&mut self, job: JobRef, status: Box<JobStatus>, now: Duration) -> Vec<Action> {
        if self.watchdog.look(&status, now) {
            let examine = vec![Action::Examine(job.id)];
            self.examining = Some((status, now));
            return examine;
        }
        self.watch(job)
    }

    fn watch(&self, job: JobRef) -> Vec<Action> {
        vec![Action::Watch(job.id, self.cursor.clone())]
    }

    fn examined(&mut self, job: JobRef, health: Health) -> Vec<Action> {
        let Some((status, now)) = self.examining.take() else {
            return self.watch(job);
        };
        match self.watchdog.judge(&status, health, now) {
            Verdict::Wait => self.watch(job),
            Verdict::Report(notice) => {
                let mut actions = vec![Action::Notify(notice)];
                actions.extend(self.watch(job));
                actions
            }
            Verdict::End(reason) => self.fail(job, reason),
        }
    }

    /// Closes the job once more after a fault.
    ///
    /// The store may have been rolled back to a time when the job still ran, and its workers would wait forever. A job
    /// that is over stays as it is.
    fn close(&self, job: JobRef) -> Action {
        let reason = match &self.outcome {
            Some(Outcome::Failed(reason)) => reason.clone(),
            Some(Outcome::Done) | None => {
                "the output was already written when the store returned to an earlier state"
                    .to_owned()
            }
        };
        Action::Abandon(job, reason)
    }

    fn fail(&mut self, job: JobRef, reason: String) -> Vec<Action> {
        self.outcome = Some(Outcome::Failed(reason.clone()));
        vec![Action::Abandon(job, reason)]
    }

    fn finished(&mut self, job: JobRef, reply: FinishReply) -> Vec<Action> {
        match reply {
            FinishReply::NoPlan => vec![Action::Plan(job, 0)],
            FinishReply::NotYet { done, total } if done > total => {
                let reason = format!(
                    "the store counts {done} of {total} tasks as done; another program changed the job's keys, run the job again"
                );
                self.fail(job, reason)
            }
            FinishReply::NotYet { .. } => vec![Action::Audit(job)],
            FinishReply::Done | FinishReply::Over(_) => vec![Action::Status(job.id)],
        }
    }
}

/// Joins the distinct reasons of the dead letters.
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
        format!("{reasons}; {more} more tasks failed")
    } else {
        reasons
    }
}
