//! The search for work.

use std::time::Duration;

use store::{AttemptFailure, Claim};

use super::action::WorkerAction;
use super::job::SharedJob;
use super::state::{Core, ExpiredLeases, PlanView, Search};
use super::task::{Phase, Task};
use super::task_label::input_label;

impl Core {
    /// Starts a search if a slot is free and no search is in progress. A draining worker without tasks leaves the job.
    pub(super) fn search(&mut self, actions: &mut Vec<WorkerAction>) {
        if self.search != Search::Idle {
            return;
        }
        if self.is_draining() {
            if self.tasks.is_empty() {
                self.leave(actions);
            }
            return;
        }
        let Some(job) = self.assignment.job().cloned() else {
            self.search = Search::Underway;
            actions.push(WorkerAction::NextJob);
            return;
        };
        match self.plan {
            PlanView::Missing => actions.push(WorkerAction::AwaitPlan),
            PlanView::Stale => {
                self.plan = PlanView::Current;
                actions.push(WorkerAction::JobStatus(job));
            }
            // The slots have enough tasks that were claimed ahead.
            PlanView::Current if self.waiting() > self.limits.slots || self.free() == 0 => return,
            PlanView::Current if self.expired_leases == ExpiredLeases::Unchecked => {
                self.search = Search::ExpiredLeasesFirst;
                self.reclaim(&job, actions);
                return;
            }
            PlanView::Current => {
                let (count, wait) = (self.free(), self.claim_wait.take());
                actions.push(WorkerAction::Claim { job, count, wait });
            }
        }
        self.search = Search::Underway;
    }

    /// Returns true if a reply ends the search: it brings tasks, or the worker takes no more.
    pub(super) fn ends_search(&self, claims: &[Claim]) -> bool {
        self.is_draining() || !claims.is_empty()
    }

    /// Ends the search.
    ///
    /// A reclaim that came first also covers leases that expired while it was under way. Otherwise a worker whose
    /// replies take as long as a beat would reclaim for ever, and never claim a new task.
    pub(super) fn end_search(&mut self) {
        if self.search == Search::ExpiredLeasesFirst {
            self.expired_leases = ExpiredLeases::Checked;
        }
        self.search = Search::Idle;
    }

    /// Reclaims tasks whose leases have expired.
    pub(super) fn reclaim(&mut self, job: &SharedJob, actions: &mut Vec<WorkerAction>) {
        self.expired_leases = ExpiredLeases::Checked;
        actions.push(WorkerAction::Reclaim {
            job: job.clone(),
            count: self.free(),
        });
    }

    /// Queries the status of the job, unless a commit is under way.
    ///
    /// The reply to the commit must come first: a worker that leaves before it would leave the blobs of a refused
    /// commit in the store.
    pub(super) fn request_status(&mut self, job: &SharedJob, actions: &mut Vec<WorkerAction>) {
        let is_committing = |task: &Task| matches!(task.phase, Phase::Committing { .. });
        if self.tasks.values().any(is_committing) {
            self.search = Search::Idle;
        } else {
            actions.push(WorkerAction::JobStatus(job.clone()));
        }
    }

    /// Takes claimed tasks, and ends the search that found them.
    pub(super) fn take_all(
        &mut self,
        job: &SharedJob,
        claims: Vec<Claim>,
        actions: &mut Vec<WorkerAction>,
    ) {
        self.end_search();
        for claim in claims {
            self.take(job, claim, actions);
        }
    }

    /// Takes a claimed task: starts it, confirms its lease, or gives it back.
    pub(super) fn take(&mut self, job: &SharedJob, claim: Claim, actions: &mut Vec<WorkerAction>) {
        if self.tasks.contains_key(&claim.task.entry) {
            // A reclaim may return a task that this worker already holds.
            return;
        }
        // Once no unclaimed task is left, the worker requests backup attempts without delay.
        self.claim_wait = self.limits.backups.then_some(Duration::ZERO);
        let (job, task) = (job.clone(), claim.task.clone());
        let phase = if self.is_draining() {
            let failure = None;
            actions.push(WorkerAction::GiveBack { job, task, failure });
            Phase::Returning
        } else if claim.deliveries > self.limits.max_attempts {
            let failure = Some(self.silent_attempts(&claim));
            actions.push(WorkerAction::GiveBack { job, task, failure });
            Phase::Returning
        } else if claim.repeated {
            let tasks = vec![task];
            actions.push(WorkerAction::Renew { job, tasks });
            Phase::Confirming
        } else {
            let entry = task.entry;
            let phase = Phase::Waiting;
            self.tasks.insert(entry, Task { claim, phase });
            self.start_waiting(&job, actions);
            return;
        };
        let entry = claim.task.entry.clone();
        self.tasks.insert(entry, Task { claim, phase });
    }

    /// Returns the failure of a task whose attempts all ended without a report.
    fn silent_attempts(&self, claim: &Claim) -> AttemptFailure {
        let reason = format!(
            "task {}{} was attempted {} times, and every worker that ran it died without a report \
             (worker.max_attempts={}); check the workers' logs and memory",
            claim.task.index,
            input_label(claim),
            claim.deliveries - 1,
            self.limits.max_attempts
        );
        AttemptFailure {
            reason,
            max_attempts: 1,
        }
    }
}
