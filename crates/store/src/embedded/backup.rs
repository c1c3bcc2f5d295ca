//! Backup attempts at slow tasks. `lua/backup.lua` is the same for Redis.

use std::collections::HashMap;
use std::time::Duration;

use mapreduce_core::{TaskIndex, WorkerName};

use super::job::{Held, Job};
use crate::types::{Backup, Claim, JobState, TaskRef};

/// Most held tasks with which backup attempts are made. More of them mean that the end of the phase is not near.
const MAX_HELD: usize = 256;

impl Job {
    fn phase(&self, index: TaskIndex) -> usize {
        usize::from(index.0 >= self.header.maps)
    }

    /// Records how long `worker` has held a task that is now done. Does nothing if it does not hold the task.
    pub(super) fn record_hold_time(&mut self, task: &TaskRef, worker: &WorkerName) {
        let Some(held) = self.held.get(&task.entry) else {
            return;
        };
        if held.worker == *worker {
            let (phase, time) = (self.phase(task.index), held.taken.elapsed());
            self.hold_times[phase].add(time);
        }
    }

    /// Claims a backup attempt for `worker`. See [`crate::TaskStore::backup`].
    pub(super) fn backup(&mut self, worker: &WorkerName, lease: Duration) -> Backup {
        let running = matches!(self.state, JobState::Map | JobState::Reduce);
        if !running || !self.waiting.is_empty() || self.held.len() > MAX_HELD {
            return Backup::None;
        }
        let slow = |held: &&Held| held.taken.elapsed() >= self.slow_after(held, lease);
        let (slow, others): (Vec<_>, Vec<_>) =
            self.single_attempts(worker).into_iter().partition(slow);
        let Some(slowest) = slow.into_iter().min_by_key(|held| held.taken) else {
            // The clock may pass the limit between the two readings.
            let left = |held: &Held| {
                self.slow_after(held, lease)
                    .saturating_sub(held.taken.elapsed())
            };
            return others
                .into_iter()
                .map(left)
                .min()
                .map_or(Backup::None, Backup::Due);
        };
        let (index, holder) = (slowest.index, slowest.worker.clone());
        let held = slowest.taken.elapsed();
        self.requeue([index]);
        self.backups += 1;
        match self.deliver(worker) {
            Some(claim) => Backup::Claimed {
                // The task was just found to be neither done nor failed, so the worker need not check it again.
                claim: Claim {
                    repeated: false,
                    ..claim
                },
                holder,
                held,
            },
            None => Backup::None,
        }
    }

    /// Returns whether the task may get a backup attempt: it is not done or dead, and no attempt has failed.
    fn may_be_backed_up(&self, index: TaskIndex) -> bool {
        !self.is_settled(index) && !self.failed.contains_key(&index)
    }

    fn slow_after(&self, held: &Held, lease: Duration) -> Duration {
        self.hold_times[self.phase(held.index)].slow_after(lease)
    }

    /// Returns the tasks that other workers hold and that may get a backup attempt but have none yet.
    fn single_attempts(&self, worker: &WorkerName) -> Vec<&Held> {
        let mut attempts: HashMap<TaskIndex, u32> = HashMap::new();
        for held in self.held.values() {
            *attempts.entry(held.index).or_default() += 1;
        }
        let fits = |held: &&Held| {
            held.worker != *worker
                && attempts[&held.index] == 1
                && self.may_be_backed_up(held.index)
        };
        self.held.values().filter(fits).collect()
    }
}
