//! Which tasks run, and which wait for a slot.

use std::time::Duration;

use super::state::{Phase, Task};
use super::{Action, Core, Job};

/// An attempt that takes less is brief.
pub(super) const BRIEF: Duration = Duration::from_millis(2);
/// Tasks that are claimed ahead for each slot while attempts are brief: one question for all of them.
const AHEAD: u32 = 8;

impl Core {
    /// Slots without a task. A task that is being committed leaves its slot to the next; at most one
    /// such task per slot, which bounds memory.
    pub(super) fn free(&self) -> u32 {
        let ahead = if self.brief {
            self.limits.slots * AHEAD
        } else {
            0
        };
        let started = |task: &&Task| {
            let Task { phase, .. } = task;
            matches!(phase, Phase::Running | Phase::Confirming | Phase::Waiting)
        };
        let busy = self.tasks.values().filter(started).count() as u32;
        let held = self.tasks.len() as u32;
        let slots = self.limits.slots;
        (slots + ahead)
            .saturating_sub(busy)
            .min((slots * 2 + ahead).saturating_sub(held))
    }

    /// Tasks that were claimed ahead.
    pub(super) fn waiting(&self) -> u32 {
        let waiting = |task: &&Task| matches!(task.phase, Phase::Waiting);
        self.tasks.values().filter(waiting).count() as u32
    }

    /// Attempts under way.
    pub(super) fn running(&self) -> u32 {
        let running = |task: &&Task| matches!(task.phase, Phase::Running);
        self.tasks.values().filter(running).count() as u32
    }

    /// Starts tasks that were claimed ahead, as many as there are slots.
    pub(super) fn start_waiting(&mut self, job: &Job, actions: &mut Vec<Action>) {
        let free = self.limits.slots.saturating_sub(self.running());
        let waiting = |task: &&mut Task| matches!(task.phase, Phase::Waiting);
        let mut waiting: Vec<_> = self.tasks.values_mut().filter(waiting).collect();
        // Map tasks have the lowest indexes: a reduce task may need what one of them makes again.
        waiting.sort_by_key(|task| task.claim.task.index);
        for task in waiting.into_iter().take(free as usize) {
            task.phase = Phase::Running;
            actions.push(Action::Attempt(job.clone(), task.claim.clone()));
        }
    }

    /// Gives back what was claimed ahead.
    pub(super) fn return_waiting(&mut self, actions: &mut Vec<Action>) {
        let Some(job) = &self.job else {
            return;
        };
        for task in self.tasks.values_mut() {
            if matches!(task.phase, Phase::Waiting) {
                task.phase = Phase::Failing;
                let back = task.claim.task.clone();
                actions.push(Action::GiveBack(job.clone(), back, None));
            }
        }
    }
}
