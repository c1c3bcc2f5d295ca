//! Transitions: one method for each event.

use mapreduce_core::StepPosition;
use store::{Backup, Claim, JobAvailability, Renewal, TaskRef};

use std::time::Duration;

use super::action::WorkerAction;
use super::attempt::AttemptOutcome;
use super::event::{MasterAbsence, WorkerEvent};
use super::job::SharedJob;
use super::state::{
    Assignment, AttemptLength, Core, ExpiredLeases, Heartbeat, Lifecycle, PlanView, Search,
};
use super::task::Phase;

/// Shortest wait of a claim before the next query for a backup attempt. All idle workers learn the same due time, but
/// only one of them gets the attempt; the others must not query at once.
const MIN_BACKUP_WAIT: Duration = Duration::from_millis(100);

impl Core {
    /// Applies an event, and returns the actions to perform.
    pub fn step(&mut self, event: WorkerEvent) -> Vec<WorkerAction> {
        let mut actions = Vec::new();
        if self.lifecycle != Lifecycle::Left {
            self.handle(event, &mut actions);
        }
        if self.lifecycle != Lifecycle::Left {
            self.search(&mut actions);
        }
        actions
    }

    fn handle(&mut self, event: WorkerEvent, actions: &mut Vec<WorkerAction>) {
        // Searches that need a job, and their replies, belong to the present one: at most one search is under way.
        let present = self.assignment.job().cloned();
        match (event, present) {
            (WorkerEvent::Started, _) => {}
            (WorkerEvent::Job(found), _) => self.on_job(found, actions),
            (WorkerEvent::IdleTimeout(absence), _) => self.on_idle_timeout(absence, actions),
            (WorkerEvent::Terminate, _) => self.on_terminate(actions),
            (WorkerEvent::GraceOver, _) => {
                self.lifecycle = Lifecycle::GraceOver;
                self.cancel_running(actions);
            }
            (WorkerEvent::Claimed(claims), Some(job)) => self.on_claimed(&job, claims, actions),
            (WorkerEvent::Reclaimed(claims), Some(job)) => self.on_reclaimed(&job, claims, actions),
            (WorkerEvent::Held(claims), Some(job)) => self.on_held(&job, claims, actions),
            (WorkerEvent::Backup(backup), Some(job)) => self.on_backup(&job, backup, actions),
            (WorkerEvent::ClaimFailed(_), Some(job)) => {
                self.search = Search::Underway;
                actions.push(WorkerAction::Recover(job));
            }
            (WorkerEvent::JobStatus(status), Some(job)) => self.on_job_status(job, status, actions),
            (WorkerEvent::Beat, Some(job)) => self.on_beat(job, actions),
            (
                WorkerEvent::Attempted {
                    job,
                    claim,
                    outcome,
                    took,
                },
                Some(present),
            ) if job == present => self.on_attempted(&job, &claim, outcome, took, actions),
            (WorkerEvent::Committed { job, task, reply }, Some(present)) if job == present => {
                self.committed(&job, &task, reply, actions);
            }
            (WorkerEvent::Returned { job, task }, Some(present)) if job == present => {
                self.drop_stale(&task.entry);
            }
            (WorkerEvent::Renewed { job, renewals }, Some(present)) if job == present => {
                self.on_renewed(&job, renewals, actions);
            }
            // Late replies about a job that this worker has left.
            (
                WorkerEvent::Attempted { .. }
                | WorkerEvent::Committed { .. }
                | WorkerEvent::Returned { .. }
                | WorkerEvent::Renewed { .. },
                _,
            ) => {}
            // Without a job there are no leases to renew, and no search but the one for a job.
            (
                WorkerEvent::Beat
                | WorkerEvent::Claimed(_)
                | WorkerEvent::Reclaimed(_)
                | WorkerEvent::Held(_)
                | WorkerEvent::Backup(_)
                | WorkerEvent::ClaimFailed(_)
                | WorkerEvent::JobStatus(_),
                None,
            ) => {}
        }
    }

    fn on_job(&mut self, found: Option<SharedJob>, actions: &mut Vec<WorkerAction>) {
        self.search = Search::Idle;
        self.plan = PlanView::Current;
        if let Some(job) = found.filter(|job| Some(job) != self.assignment.job()) {
            self.drop_tasks(actions);
            // A renewal without tasks announces this worker to the master at once.
            actions.push(WorkerAction::Renew {
                job: job.clone(),
                tasks: Vec::new(),
            });
            self.heartbeat = Heartbeat::Underway;
            self.assignment = Assignment::Working(job);
        }
    }

    fn on_idle_timeout(&mut self, absence: MasterAbsence, actions: &mut Vec<WorkerAction>) {
        match (absence, &self.assignment) {
            (MasterAbsence::Abandoned, _)
            | (MasterAbsence::Short, Assignment::None | Assignment::BetweenSteps(_)) => {
                self.leave(actions);
            }
            // The worker stays until its job is over: the master may restart and resume it.
            (MasterAbsence::Short, Assignment::Working(_)) => self.search = Search::Idle,
        }
    }

    fn on_terminate(&mut self, actions: &mut Vec<WorkerAction>) {
        if self.lifecycle == Lifecycle::Working {
            self.lifecycle = Lifecycle::Draining;
        }
        self.return_waiting(actions);
    }

    fn on_claimed(&mut self, job: &SharedJob, claims: Vec<Claim>, actions: &mut Vec<WorkerAction>) {
        if self.ends_search(&claims) {
            self.take_all(job, claims, actions);
        } else {
            self.reclaim(job, actions);
        }
    }

    fn on_reclaimed(
        &mut self,
        job: &SharedJob,
        claims: Vec<Claim>,
        actions: &mut Vec<WorkerAction>,
    ) {
        if self.ends_search(&claims) {
            self.take_all(job, claims, actions);
            return;
        }
        match self.search {
            Search::ExpiredLeasesFirst => self.end_search(),
            Search::Underway | Search::Idle if self.limits.backups => {
                actions.push(WorkerAction::Backup(job.clone()));
            }
            Search::Underway | Search::Idle => self.request_status(job, actions),
        }
    }

    fn on_held(&mut self, job: &SharedJob, claims: Vec<Claim>, actions: &mut Vec<WorkerAction>) {
        if self.ends_search(&claims) {
            self.take_all(job, claims, actions);
        } else {
            self.request_status(job, actions);
        }
    }

    fn on_backup(&mut self, job: &SharedJob, backup: Backup, actions: &mut Vec<WorkerAction>) {
        match backup {
            Backup::Claimed { claim, .. } => {
                self.search = Search::Idle;
                self.take(job, claim, actions);
            }
            Backup::Due(_) | Backup::None if self.is_draining() => self.search = Search::Idle,
            Backup::Due(due) => {
                self.claim_wait = Some(due.max(MIN_BACKUP_WAIT));
                self.request_status(job, actions);
            }
            Backup::None => self.request_status(job, actions),
        }
    }

    fn on_job_status(
        &mut self,
        job: SharedJob,
        status: JobAvailability,
        actions: &mut Vec<WorkerAction>,
    ) {
        let is_followed = job.spec.step.is_some_and(StepPosition::has_next);
        let is_between_steps = status == JobAvailability::Over && is_followed;
        self.assignment = if is_between_steps {
            Assignment::BetweenSteps(job)
        } else {
            Assignment::Working(job)
        };
        self.search = Search::Idle;
        let next = match status {
            JobAvailability::Over if is_between_steps && !self.is_draining() => {
                self.drop_tasks(actions);
                WorkerAction::NextJob
            }
            JobAvailability::Over => {
                self.leave(actions);
                return;
            }
            JobAvailability::Needed => return,
            JobAvailability::Unwatched | JobAvailability::Unknown if self.is_draining() => return,
            // Another job may have a master.
            JobAvailability::Unwatched => WorkerAction::NextJob,
            // The store was rolled back. The master plans the job again.
            JobAvailability::Unknown => WorkerAction::AwaitPlan,
        };
        self.search = Search::Underway;
        actions.push(next);
    }

    fn on_beat(&mut self, job: SharedJob, actions: &mut Vec<WorkerAction>) {
        if self.heartbeat == Heartbeat::Underway {
            return;
        }
        // A task that waited for a whole beat, a third of a lease, shows that attempts are not brief.
        if self.waiting() > 0 {
            self.last_attempt = AttemptLength::Long;
        }
        self.return_waiting(actions);
        self.heartbeat = Heartbeat::Underway;
        self.expired_leases = ExpiredLeases::Unchecked;
        let held = self.tasks.values().map(|task| task.claim.task.clone());
        actions.push(WorkerAction::Renew {
            job,
            tasks: held.collect(),
        });
    }

    fn on_attempted(
        &mut self,
        job: &SharedJob,
        claim: &Claim,
        outcome: AttemptOutcome,
        took: Duration,
        actions: &mut Vec<WorkerAction>,
    ) {
        // A failure, and a wait for a run, say nothing about the length of the next attempt.
        self.last_attempt = match outcome {
            AttemptOutcome::Succeeded { .. } => AttemptLength::of(took),
            AttemptOutcome::RunsLost(_)
            | AttemptOutcome::NotReady
            | AttemptOutcome::Failed { .. }
            | AttemptOutcome::Cancelled => AttemptLength::Long,
        };
        self.attempted(job, claim, outcome, actions);
        self.start_waiting(job, actions);
        if self.last_attempt == AttemptLength::Long {
            // Other workers may be idle meanwhile.
            self.return_waiting(actions);
        }
    }

    fn on_renewed(
        &mut self,
        job: &SharedJob,
        renewals: Vec<(TaskRef, Renewal)>,
        actions: &mut Vec<WorkerAction>,
    ) {
        self.heartbeat = Heartbeat::Idle;
        for (task, renewal) in renewals {
            self.renewed(job, &task, renewal, actions);
        }
        self.start_waiting(job, actions);
    }

    /// Cancels the running attempts. Each ends as cancelled, and its task is then given back. No failure is counted.
    fn cancel_running(&mut self, actions: &mut Vec<WorkerAction>) {
        let Some(job) = self.assignment.job() else {
            return;
        };
        for task in self.tasks.values() {
            if matches!(task.phase, Phase::Running) {
                actions.push(WorkerAction::Cancel {
                    job: job.clone(),
                    task: task.claim.task.clone(),
                });
            }
        }
    }

    fn drop_tasks(&mut self, actions: &mut Vec<WorkerAction>) {
        self.cancel_running(actions);
        self.tasks.clear();
    }

    pub(super) fn leave(&mut self, actions: &mut Vec<WorkerAction>) {
        self.drop_tasks(actions);
        actions.push(WorkerAction::Leave);
        self.lifecycle = Lifecycle::Left;
    }
}
