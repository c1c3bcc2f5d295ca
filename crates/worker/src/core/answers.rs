//! What becomes of a task after its attempt, its commit, and the renewal of its lease.

use std::sync::Arc;

use store::{Blame, Claim, Commit, CommitReply, JobState, Renewal, TaskOutput, TaskRef};

use super::state::Phase;
use super::{Action, AttemptOutcome, Core, Finished, Job, Output};

impl Core {
    pub(super) fn attempted(
        &mut self,
        job: &Job,
        claim: &Claim,
        outcome: AttemptOutcome,
        actions: &mut Vec<Action>,
    ) {
        let task = &claim.task;
        let Some(held) = self.tasks.get_mut(&task.entry) else {
            return;
        };
        // An attempt that was stopped may end when the same delivery has been claimed again.
        let current = held.claim.deliveries == claim.deliveries;
        if !current || !matches!(held.phase, Phase::Running) {
            return;
        }
        let blame = match outcome {
            AttemptOutcome::Output(output, counters, bad_records) => {
                let (output, blob) = match output {
                    Output::Counts(pairs) => (TaskOutput::Counts(pairs), None),
                    Output::Blob(stored, blob) => (TaskOutput::Stored(stored), Some(blob)),
                    Output::Ready(stored) => (TaskOutput::Stored(stored), None),
                };
                let commit = Commit {
                    task: task.clone(),
                    attempt: held.claim.deliveries,
                    counters,
                    output,
                };
                let finished = Arc::new(Finished {
                    commit,
                    blob,
                    bad_records: bad_records.map(|list| *list),
                });
                actions.push(Action::Commit(job.clone(), finished.clone(), 0));
                held.phase = Phase::Committing { finished, tries: 0 };
                return;
            }
            AttemptOutcome::Lost(runs) => {
                held.phase = Phase::Failing;
                actions.push(Action::Reopen(job.clone(), task.clone(), runs));
                return;
            }
            AttemptOutcome::Failed { reason, hopeless } => {
                let max_attempts = if hopeless {
                    1
                } else {
                    self.limits.max_attempts
                };
                Some(Blame {
                    reason,
                    max_attempts,
                })
            }
            AttemptOutcome::Cancelled | AttemptOutcome::NotReady => None,
        };
        held.phase = Phase::Failing;
        actions.push(Action::GiveBack(job.clone(), task.clone(), blame));
    }

    pub(super) fn committed(
        &mut self,
        job: &Job,
        task: &TaskRef,
        reply: CommitReply,
        actions: &mut Vec<Action>,
    ) {
        let Some(held) = self.tasks.get_mut(&task.entry) else {
            return;
        };
        let Phase::Committing { finished, tries } = &mut held.phase else {
            return;
        };
        match reply {
            // A rollback took the reduce tasks. They come again after the map tasks, which need the hands that hold them.
            CommitReply::State(JobState::Planning) if task.index.0 >= job.maps => {
                self.doubtful = true;
                self.tasks.remove(&task.entry);
            }
            // The master will plan it again, or this worker gets another job or leaves.
            CommitReply::NoPlan | CommitReply::State(JobState::Planning) => {
                self.homeless = true;
                *tries += 1;
                actions.push(Action::Commit(job.clone(), finished.clone(), *tries));
            }
            CommitReply::Refused(reason) => {
                held.phase = Phase::Failing;
                let blame = Blame {
                    reason,
                    max_attempts: 1,
                };
                actions.push(Action::GiveBack(job.clone(), task.clone(), Some(blame)));
            }
            CommitReply::Committed | CommitReply::Duplicate => {
                self.tasks.remove(&task.entry);
            }
            CommitReply::State(_) | CommitReply::Mismatch => {
                self.doubtful = true;
                self.tasks.remove(&task.entry);
            }
        }
    }

    pub(super) fn renewed(
        &mut self,
        job: &Job,
        task: &TaskRef,
        renewal: Renewal,
        actions: &mut Vec<Action>,
    ) {
        let Some(held) = self.tasks.get_mut(&task.entry) else {
            return;
        };
        match (&held.phase, renewal) {
            (Phase::Confirming, Renewal::Renewed) if self.grace_over => {
                held.phase = Phase::Failing;
                actions.push(Action::GiveBack(job.clone(), task.clone(), None));
            }
            (Phase::Confirming, Renewal::Renewed) => {
                held.phase = Phase::Waiting;
                self.start_waiting(job, actions);
            }
            (Phase::Waiting, Renewal::Lost) => {
                self.doubtful = true;
                self.tasks.remove(&task.entry);
            }
            (Phase::Running, Renewal::Lost) => {
                actions.push(Action::Cancel(job.clone(), task.clone()));
                self.doubtful = true;
                self.tasks.remove(&task.entry);
            }
            (Phase::Confirming, Renewal::Lost) => {
                self.doubtful = true;
                self.tasks.remove(&task.entry);
            }
            // A commit or a return that is on its way is answered for itself.
            _ => {}
        }
    }
}
