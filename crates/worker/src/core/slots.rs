//! Slots, and tasks that wait for one.

use super::action::WorkerAction;
use super::job::SharedJob;
use super::state::{AttemptLength, Core};
use super::task::{Phase, Task};

/// Tasks claimed ahead for each slot while attempts are brief, so that one claim serves many attempts.
const AHEAD: u32 = 8;

impl Core {
    /// Returns the number of tasks that the worker may claim.
    ///
    /// A task that is being committed leaves its slot to the next one. At most one such task per slot is allowed, which
    /// bounds the memory of outputs.
    pub(super) fn free(&self) -> u32 {
        let slots = self.limits.slots;
        let ahead = match self.last_attempt {
            AttemptLength::Brief => slots * AHEAD,
            AttemptLength::Long => 0,
        };
        let is_busy = |task: &&Task| match task.phase {
            Phase::Running | Phase::Confirming | Phase::Waiting => true,
            Phase::Committing { .. } | Phase::Returning => false,
        };
        let busy = self.tasks.values().filter(is_busy).count() as u32;
        let held = self.tasks.len() as u32;
        (slots + ahead)
            .saturating_sub(busy)
            .min((slots * 2 + ahead).saturating_sub(held))
    }

    /// Returns the number of tasks that wait for a slot.
    pub(super) fn waiting(&self) -> u32 {
        let waiting = |task: &&Task| matches!(task.phase, Phase::Waiting);
        self.tasks.values().filter(waiting).count() as u32
    }

    /// Returns the number of running attempts.
    pub(super) fn running(&self) -> u32 {
        let running = |task: &&Task| matches!(task.phase, Phase::Running);
        self.tasks.values().filter(running).count() as u32
    }

    /// Starts as many waiting tasks as slots are free.
    pub(super) fn start_waiting(&mut self, job: &SharedJob, actions: &mut Vec<WorkerAction>) {
        let free = self.limits.slots.saturating_sub(self.running());
        let waiting = |task: &&mut Task| matches!(task.phase, Phase::Waiting);
        let mut waiting: Vec<_> = self.tasks.values_mut().filter(waiting).collect();
        // Map tasks have the lowest indexes. They go first, because a reduce task may need a run that one of them
        // writes again.
        waiting.sort_by_key(|task| task.claim.task.index);
        for task in waiting.into_iter().take(free as usize) {
            task.phase = Phase::Running;
            actions.push(WorkerAction::Attempt {
                job: job.clone(),
                claim: task.claim.clone(),
            });
        }
    }

    /// Gives back the tasks that wait for a slot.
    pub(super) fn return_waiting(&mut self, actions: &mut Vec<WorkerAction>) {
        let Some(job) = self.assignment.job() else {
            return;
        };
        for task in self.tasks.values_mut() {
            if matches!(task.phase, Phase::Waiting) {
                task.phase = Phase::Returning;
                actions.push(WorkerAction::GiveBack {
                    job: job.clone(),
                    task: task.claim.task.clone(),
                    failure: None,
                });
            }
        }
    }
}
