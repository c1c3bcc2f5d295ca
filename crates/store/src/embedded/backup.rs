//! Second attempts at what others hold for long; `lua/held.lua` and `lua/backup.lua` say the same.

use std::collections::HashMap;
use std::time::Duration;

use mapreduce::{TaskIndex, WorkerName};

use super::job::{Held, Job};
use crate::{Backup, JobState, TaskRef};

/// Once no more tasks than this are held the end of the phase is near.
const FEW: usize = 256;
/// No attempt is called slow before it has taken this long.
const LEAST: Duration = Duration::from_millis(300);

/// How long the tasks of a phase were held that are done.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Experience {
    tasks: u32,
    time: Duration,
}

impl Experience {
    /// Adds a task that was held for `time`, as far as that is likely: a machine that slept makes no task that slow.
    fn add(&mut self, time: Duration) {
        let likely = match self.tasks {
            0 => time,
            tasks => time.min(self.time * 4 / tasks + LEAST),
        };
        self.tasks += 1;
        self.time += likely;
    }

    /// For how long a task may be held until it is slow; the `lease` tells while none is done.
    fn patience(self, lease: Duration) -> Duration {
        let usual = match self.tasks {
            0 => lease,
            tasks => self.time / tasks * 3 / 2,
        };
        usual.max(LEAST)
    }
}

impl Job {
    fn phase(&self, index: TaskIndex) -> usize {
        usize::from(index.0 >= self.header.maps)
    }

    /// Remembers how long `worker` has held a task, if it has, which is done now.
    pub(super) fn learn(&mut self, task: &TaskRef, worker: &WorkerName) {
        let Some(held) = self.held.get(&task.entry) else {
            return;
        };
        if held.worker == *worker {
            let (phase, time) = (self.phase(task.index), held.taken.elapsed());
            self.experience[phase].add(time);
        }
    }

    /// As [`crate::TaskStore::backup`] says.
    pub(super) fn backup(&mut self, worker: &WorkerName, lease: Duration) -> Backup {
        let running = matches!(self.state, JobState::Map | JobState::Reduce);
        if !running || !self.waiting.is_empty() || self.held.len() > FEW {
            return Backup::None;
        }
        let slow = |held: &&Held| held.taken.elapsed() >= self.patience(held, lease);
        let (slow, others): (Vec<_>, Vec<_>) =
            self.single_attempts(worker).into_iter().partition(slow);
        let Some(slowest) = slow.into_iter().min_by_key(|held| held.taken) else {
            let left = |held: &Held| self.patience(held, lease) - held.taken.elapsed();
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
                // It was looked at just now.
                claim: crate::Claim {
                    repeated: false,
                    ..claim
                },
                holder,
                held,
            },
            None => Backup::None,
        }
    }

    fn is_sound(&self, index: TaskIndex) -> bool {
        !self.is_settled(index) && !self.failed.contains_key(&index)
    }

    fn patience(&self, held: &Held, lease: Duration) -> Duration {
        self.experience[self.phase(held.index)].patience(lease)
    }

    /// What others than `worker` hold, if it is to be done and held once, and nobody has failed at it.
    fn single_attempts(&self, worker: &WorkerName) -> Vec<&Held> {
        let mut attempts: HashMap<TaskIndex, u32> = HashMap::new();
        for held in self.held.values() {
            *attempts.entry(held.index).or_default() += 1;
        }
        let fits = |held: &&Held| {
            held.worker != *worker && attempts[&held.index] == 1 && self.is_sound(held.index)
        };
        self.held.values().filter(fits).collect()
    }
}
