//! Transitions: one method for each event.

use mapreduce::StepOf;
use store::{Backup, Claim, Renewal, Standing, TaskRef};

use std::time::Duration;

use super::action::Action;
use super::attempt::AttemptOutcome;
use super::event::{Event, MasterAbsence};
use super::job::Job;
use super::state::{
    Assignment, AttemptLength, Core, ExpiredLeases, Heartbeat, Lifecycle, PlanView, Search,
};
use super::task::Phase;

/// Shortest wait of a claim before the next query for a backup attempt. All idle workers learn the same due time, but
/// only one of them gets the attempt; the others must not query at once.
const MIN_BACKUP_WAIT: Duration = Duration::from_millis(100);

impl Core {
    /// Applies an event, and returns the actions to perform.
    pub fn step(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.lifecycle != Lifecycle::Left {
            self.handle(event, &mut actions);
        }
        if self.lifecycle != Lifecycle::Left {
            self.search(&mut actions);
        }
        actions
    }

    fn handle(&mut self, event: Event, actions: &mut Vec<Action>) {
        // Searches that need a job, and their replies, belong to the present one: at most one search is under way.
        let present = self.assignment.job().cloned();
        match (event, present) {
            (Event::Started, _) => {}
            (Event::Job(found), _) => self.on_job(found, actions),
            (Event::IdleTimeout(absence), _) => self.on_idle_timeout(absence, actions),
            (Event::Terminate, _) => self.on_terminate(actions),
            (Event::GraceOver, _) => {
                self.lifecycle = Lifecycle::GraceOver;
                self.cancel_running(actions);
            }
            (Event::Claimed(claims), Some(job)) => self.on_claimed(&job, claims, actions),
            (Event::Reclaimed(claims), Some(job)) => self.on_reclaimed(&job, claims, actions),
            (Event::Held(claims), Some(job)) => self.on_held(&job, claims, actions),
            (Event::Backup(backup), Some(job)) => self.on_backup(&job, backup, actions),
            (Event::ClaimFailed(_), Some(job)) => {
                self.search = Search::Underway;
                actions.push(Action::Recover(job));
            }
            (Event::JobStatus(status), Some(job)) => self.on_job_status(job, status, actions),
            (Event::Beat, Some(job)) => self.on_beat(job, actions),
            (
                Event::Attempted {
                    job,
                    claim,
                    outcome,
                    took,
                },
                Some(present),
            ) if job == present => self.on_attempted(&job, &claim, outcome, took, actions),
            (Event::Committed { job, task, reply }, Some(present)) if job == present => {
                self.committed(&job, &task, reply, actions);
            }
            (Event::Returned { job, task }, Some(present)) if job == present => {
                self.drop_stale(&task.entry);
            }
            (Event::Renewed { job, renewals }, Some(present)) if job == present => {
                self.on_renewed(&job, renewals, actions);
            }
            // Late replies about a job that this worker has left.
            (
                Event::Attempted { .. }
                | Event::Committed { .. }
                | Event::Returned { .. }
                | Event::Renewed { .. },
                _,
            ) => {}
            // Without a job there are no leases to renew, and no search but the one for a job.
            (
                Event::Beat
                | Event::Claimed(_)
                | Event::Reclaimed(_)
                | Event::Held(_)
                | Event::Backup(_)
                | Event::ClaimFailed(_)
                | Event::JobStatus(_),
                None,
            ) => {}
        }
    }

    fn on_job(&mut self, found: Option<Job>, actions: &mut Vec<Action>) {
        self.search = Search::Idle;
        self.plan = PlanView::Current;
        if let Some(job) = found.filter(|job| Some(job) != self.assignment.job()) {
            self.drop_tasks(actions);
            // A renewal without tasks announces this worker to the master at once.
            actions.push(Action::Renew {
                job: job.clone(),
                tasks: Vec::new(),
            });
            self.heartbeat = Heartbeat::Underway;
            self.assignment = Assignment::Working(job);
        }
    }

    fn on_idle_timeout(&mut self, absence: MasterAbsence, actions: &mut Vec<Action>) {
        match (absence, &self.assignment) {
            (MasterAbsence::Abandoned, _)
            | (MasterAbsence::Short, Assignment::None | Assignment::BetweenSteps(_)) => {
                self.leave(actions);
            }
            // The worker stays until its job is over: the master may restart and resume it.
            (MasterAbsence::Short, Assignment::Working(_)) => self.search = Search::Idle,
        }
    }

    fn on_terminate(&mut self, actions: &mut Vec<Action>) {
        if self.lifecycle == Lifecycle::Working {
            self.lifecycle = Lifecycle::Draining;
        }
        self.return_waiting(actions);
    }

    fn on_claimed(&mut self, job: &Job, claims: Vec<Claim>, actions: &mut Vec<Action>) {
        if self.ends_search(&claims) {
            self.take_all(job, claims, actions);
        } else {
            self.reclaim(job, actions);
        }
    }

    fn on_reclaimed(&mut self, job: &Job, claims: Vec<Claim>, actions: &mut Vec<Action>) {
        if self.ends_search(&claims) {
            self.take_all(job, claims, actions);
            return;
        }
        match self.search {
            Search::ExpiredLeasesFirst => self.end_search(),
            Search::Underway | Search::Idle if self.limits.backups => {
                actions.push(Action::Backup(job.clone()));
            }
            Search::Underway | Search::Idle => self.request_status(job, actions),
        }
    }

    fn on_held(&mut self, job: &Job, claims: Vec<Claim>, actions: &mut Vec<Action>) {
        if self.ends_search(&claims) {
            self.take_all(job, claims, actions);
        } else {
            self.request_status(job, actions);
        }
    }

    fn on_backup(&mut self, job: &Job, backup: Backup, actions: &mut Vec<Action>) {
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

    fn on_job_status(&mut self, job: Job, status: Standing, actions: &mut Vec<Action>) {
        let is_followed = job.spec.step.is_some_and(StepOf::is_followed);
        let is_between_steps = status == Standing::Over && is_followed;
        self.assignment = if is_between_steps {
            Assignment::BetweenSteps(job)
        } else {
            Assignment::Working(job)
        };
        self.search = Search::Idle;
        let next = match status {
            Standing::Over if is_between_steps && !self.is_draining() => {
                self.drop_tasks(actions);
                Action::NextJob
            }
            Standing::Over => {
                self.leave(actions);
                return;
            }
            Standing::Needed => return,
            Standing::Unattended | Standing::Unknown if self.is_draining() => return,
            // Another job may have a master.
            Standing::Unattended => Action::NextJob,
            // The store was rolled back. The master plans the job again.
            Standing::Unknown => Action::AwaitPlan,
        };
        self.search = Search::Underway;
        actions.push(next);
    }

    fn on_beat(&mut self, job: Job, actions: &mut Vec<Action>) {
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
        actions.push(Action::Renew {
            job,
            tasks: held.collect(),
        });
    }

    fn on_attempted(
        &mut self,
        job: &Job,
        claim: &Claim,
        outcome: AttemptOutcome,
        took: Duration,
        actions: &mut Vec<Action>,
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
        job: &Job,
        renewals: Vec<(TaskRef, Renewal)>,
        actions: &mut Vec<Action>,
    ) {
        self.heartbeat = Heartbeat::Idle;
        for (task, renewal) in renewals {
            self.renewed(job, &task, renewal, actions);
        }
        self.start_waiting(job, actions);
    }

    /// Cancels the running attempts. Each ends as cancelled, and its task is then given back without blame.
    fn cancel_running(&mut self, actions: &mut Vec<Action>) {
        let Some(job) = self.assignment.job() else {
            return;
        };
        for task in self.tasks.values() {
            if matches!(task.phase, Phase::Running) {
                actions.push(Action::Cancel {
                    job: job.clone(),
                    task: task.claim.task.clone(),
                });
            }
        }
    }

    fn drop_tasks(&mut self, actions: &mut Vec<Action>) {
        self.cancel_running(actions);
        self.tasks.clear();
    }

    pub(super) fn leave(&mut self, actions: &mut Vec<Action>) {
        self.drop_tasks(actions);
        actions.push(Action::Leave);
        self.lifecycle = Lifecycle::Left;
    }
}
