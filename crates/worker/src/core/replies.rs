//! Outcomes of attempts, commits and renewals of held tasks.

use std::sync::Arc;

use store::{AttemptFailure, Claim, Commit, CommitReply, JobState, Renewal, TaskOutput, TaskRef};

use super::action::WorkerAction;
use super::attempt::{AttemptOutcome, AttemptOutput, FinishedAttempt};
use super::job::SharedJob;
use super::state::{Core, Lifecycle, PlanView};
use super::task::Phase;

impl Core {
    pub(super) fn attempted(
        &mut self,
        job: &SharedJob,
        claim: &Claim,
        outcome: AttemptOutcome,
        actions: &mut Vec<WorkerAction>,
    ) {
        let Some(held) = self.tasks.get_mut(&claim.task.entry) else {
            return;
        };
        // A cancelled attempt may end after the same entry has been delivered to this worker again.
        let is_current = held.claim.deliveries == claim.deliveries;
        if !is_current || !matches!(held.phase, Phase::Running) {
            return;
        }
        let (job, task) = (job.clone(), claim.task.clone());
        let failure = match outcome {
            AttemptOutcome::Succeeded {
                output,
                counters,
                bad_records,
            } => {
                let (output, blob) = match output {
                    AttemptOutput::Counts(pairs) => (TaskOutput::Counts(pairs), None),
                    AttemptOutput::Blob(stored, blob) => (TaskOutput::Stored(stored), Some(blob)),
                    AttemptOutput::Ready(stored) => (TaskOutput::Stored(stored), None),
                };
                let commit = Commit {
                    task,
                    attempt: held.claim.deliveries,
                    counters,
                    output,
                };
                let bad_records = bad_records.map(|list| *list);
                let finished = Arc::new(FinishedAttempt {
                    commit,
                    blob,
                    bad_records,
                });
                let (committing, tries) = (finished.clone(), 0);
                held.phase = Phase::Committing {
                    finished: committing,
                    tries,
                };
                let commit = WorkerAction::Commit {
                    job,
                    finished,
                    tries,
                };
                return actions.push(commit);
            }
            AttemptOutcome::RunsLost(runs) => {
                held.phase = Phase::Returning;
                actions.push(WorkerAction::Reopen { job, task, runs });
                return;
            }
            AttemptOutcome::Failed { reason, kind } => Some(AttemptFailure {
                reason,
                max_attempts: kind.max_attempts(self.limits.max_attempts),
            }),
            AttemptOutcome::Cancelled | AttemptOutcome::NotReady => None,
        };
        held.phase = Phase::Returning;
        actions.push(WorkerAction::GiveBack { job, task, failure });
    }

    pub(super) fn committed(
        &mut self,
        job: &SharedJob,
        task: &TaskRef,
        reply: CommitReply,
        actions: &mut Vec<WorkerAction>,
    ) {
        let Some(held) = self.tasks.get_mut(&task.entry) else {
            return;
        };
        let Phase::Committing { finished, tries } = &mut held.phase else {
            return;
        };
        match reply {
            // A rollback removed the reduce tasks. They are planned again after the map tasks, which need the slots
            // that these commits occupy.
            CommitReply::State(JobState::Planning) if task.index.0 >= job.maps => {
                self.drop_stale(&task.entry);
            }
            // The commit is retried until the master has planned the job again, or this worker joins another job or
            // leaves.
            CommitReply::NoPlan | CommitReply::State(JobState::Planning) => {
                *tries += 1;
                actions.push(WorkerAction::Commit {
                    job: job.clone(),
                    finished: finished.clone(),
                    tries: *tries,
                });
                self.plan = PlanView::Missing;
            }
            CommitReply::Refused(reason) => {
                held.phase = Phase::Returning;
                actions.push(WorkerAction::GiveBack {
                    job: job.clone(),
                    task: task.clone(),
                    failure: Some(AttemptFailure {
                        reason,
                        max_attempts: 1,
                    }),
                });
            }
            CommitReply::Committed | CommitReply::Duplicate => {
                self.tasks.remove(&task.entry);
            }
            CommitReply::State(_) | CommitReply::Mismatch => self.drop_stale(&task.entry),
        }
    }

    pub(super) fn renewed(
        &mut self,
        job: &SharedJob,
        task: &TaskRef,
        renewal: Renewal,
        actions: &mut Vec<WorkerAction>,
    ) {
        let Some(held) = self.tasks.get_mut(&task.entry) else {
            return;
        };
        match (&held.phase, renewal) {
            (Phase::Confirming, Renewal::Renewed) if self.lifecycle == Lifecycle::GraceOver => {
                held.phase = Phase::Returning;
                actions.push(WorkerAction::GiveBack {
                    job: job.clone(),
                    task: task.clone(),
                    failure: None,
                });
            }
            (Phase::Confirming, Renewal::Renewed) => {
                held.phase = Phase::Waiting;
                self.start_waiting(job, actions);
            }
            (Phase::Running, Renewal::Lost) => {
                actions.push(WorkerAction::Cancel {
                    job: job.clone(),
                    task: task.clone(),
                });
                self.drop_stale(&task.entry);
            }
            (Phase::Confirming | Phase::Waiting, Renewal::Lost) => self.drop_stale(&task.entry),
            (Phase::Waiting | Phase::Running, Renewal::Renewed) => {}
            // The reply to the commit or the return decides.
            (Phase::Committing { .. } | Phase::Returning, Renewal::Renewed | Renewal::Lost) => {}
        }
    }
}
