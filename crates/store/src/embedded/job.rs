//! State of a job.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use mapreduce_core::{Counters, Task, TaskIndex, WorkerName};
use tokio::time::Instant;

use super::hold_times::HoldTimes;
use super::shards::Shards;
use crate::error::{StoreError, StoreResult};
use crate::types::{
    AttemptFailure, Claim, Health, HeldTask, InvalidPayload, JobHeader, JobState, JobStatus,
    PlanReply, StoredOutput, TaskRef, parse_payload,
};

/// State of a job. The fields correspond to the keys in `lua/mapreduce.lua`.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) header: JobHeader,
    /// Position in the list of jobs. `None` once the job is retired.
    pub(super) listed: Option<u64>,
    pub(super) state: JobState,
    pub(super) payloads: Vec<Result<Arc<Task>, InvalidPayload>>,
    /// Unclaimed tasks with the generation of their entry.
    pub(super) waiting: VecDeque<(u32, TaskIndex)>,
    /// Leases by entry: tasks that are claimed and not acknowledged.
    pub(super) held: BTreeMap<String, Held>,
    /// Tasks whose counts are being added now. Another commit of them is a duplicate.
    pub(super) committing: BTreeSet<TaskIndex>,
    pub(super) done: BTreeMap<TaskIndex, Manifest>,
    pub(super) failed: HashMap<TaskIndex, u32>,
    pub(super) dead: BTreeMap<TaskIndex, String>,
    pub(super) counters: Counters,
    pub(super) counts: Arc<Shards>,
    /// Sum of all added counts.
    pub(super) sum: u64,
    pub(super) workers: HashMap<WorkerName, Instant>,
    pub(super) beats: u64,
    /// Hold times of the done tasks of each phase.
    pub(super) hold_times: [HoldTimes; 2],
    pub(super) generation: u32,
    /// Number of generations that are backup attempts.
    pub(super) backups: u32,
    pub(super) reason: Option<String>,
}

/// Counters and output of a done task.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) counters: Counters,
    pub(super) output: Option<StoredOutput>,
}

/// A lease of a task.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) index: TaskIndex,
    pub(super) worker: WorkerName,
    pub(super) since: Instant,
    /// Time of the claim by this worker. Renewals do not change it.
    pub(super) taken: Instant,
    pub(super) deliveries: u32,
    pub(super) generation: u32,
}

/// Time since its last sign of life for which a worker counts as alive.
const ALIVE: Duration = Duration::from_secs(60);

impl Job {
    pub(super) fn new(header: JobHeader, listed: u64) -> Self {
        Self {
            header,
            listed: Some(listed),
            state: JobState::Planning,
            payloads: Vec::new(),
            waiting: VecDeque::new(),
            held: BTreeMap::new(),
            committing: BTreeSet::new(),
            done: BTreeMap::new(),
            failed: HashMap::new(),
            dead: BTreeMap::new(),
            counters: Counters::default(),
            counts: Arc::default(),
            sum: 0,
            workers: HashMap::new(),
            beats: 0,
            hold_times: Default::default(),
            generation: 1,
            backups: 0,
            reason: None,
        }
    }

    /// Appends tasks. See [`crate::JobStore::plan`].
    pub(super) fn append(&mut self, start: u32, payloads: &[String]) -> StoreResult<PlanReply> {
        let (maps, total) = (self.header.maps, self.header.total);
        let end = if start < maps { maps } else { total };
        if payloads.len() > end.saturating_sub(start) as usize {
            return Err(StoreError::Fatal {
                detail: format!(
                    "cannot plan {} tasks from index {start}: their phase ends at {end}",
                    payloads.len()
                ),
            });
        }
        let next = self.payloads.len() as u32;
        if self.state.is_over() {
            return Ok(PlanReply::Complete);
        }
        if start > next {
            return Ok(PlanReply::Gap(next));
        }
        let reducing = start >= maps && maps < total && self.state == JobState::Map;
        if reducing && self.done.len() < maps as usize {
            return Ok(PlanReply::Complete);
        }
        if !reducing && self.state != JobState::Planning {
            return Ok(PlanReply::Complete);
        }
        for payload in payloads.iter().skip((next - start) as usize) {
            let index = TaskIndex(self.payloads.len() as u32);
            self.payloads.push(parse_payload(payload));
            self.waiting.push_back((self.generation, index));
        }
        let next = self.payloads.len() as u32;
        if next < end {
            return Ok(PlanReply::Next(next));
        }
        self.state = if reducing {
            JobState::Reduce
        } else {
            JobState::Map
        };
        Ok(PlanReply::Complete)
    }

    /// Removes all leases and all waiting tasks.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.waiting.clear();
    }

    /// Returns whether the task is done, dead or being committed.
    pub(super) fn is_settled(&self, index: TaskIndex) -> bool {
        self.done.contains_key(&index)
            || self.committing.contains(&index)
            || self.dead.contains_key(&index)
    }

    /// Returns the lost ones among `tasks`, in order and once each: not done, not dead, not held and not waiting.
    pub(super) fn lost(&self, tasks: impl Iterator<Item = TaskIndex>) -> Vec<TaskIndex> {
        if self.state.is_over() {
            return Vec::new();
        }
        let waiting = self.waiting.iter().map(|(_, index)| *index);
        let held = self.held.values().map(|held| held.index);
        let live: HashSet<_> = waiting.chain(held).collect();
        let lost = tasks.filter(|index| !self.is_settled(*index) && !live.contains(index));
        lost.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Delivers the next waiting task to `worker`.
    pub(super) fn deliver(&mut self, worker: &WorkerName) -> Option<Claim> {
        let (generation, index) = self.waiting.pop_front()?;
        let entry = format!("{generation}-{}", index.0 + 1);
        let held = Held {
            index,
            worker: worker.clone(),
            since: Instant::now(),
            taken: Instant::now(),
            deliveries: 1,
            generation,
        };
        self.held.insert(entry.clone(), held);
        self.claim(&entry)
    }

    /// Returns the entries of the matching leases, oldest first.
    pub(super) fn leases(&self, fit: impl Fn(&Held) -> bool) -> Vec<String> {
        let held = self.held.iter().filter(|(_, held)| fit(held));
        let mut held: Vec<_> = held.collect();
        held.sort_by_key(|(_, held)| (held.generation, held.index));
        held.into_iter().map(|(entry, _)| entry.clone()).collect()
    }

    /// Returns the claim of a held entry.
    pub(super) fn claim(&self, entry: &str) -> Option<Claim> {
        let held = self.held.get(entry)?;
        Some(Claim {
            task: TaskRef {
                index: held.index,
                entry: entry.to_owned(),
            },
            payload: self.payloads.get(held.index.0 as usize)?.clone(),
            deliveries: held.deliveries + self.failed.get(&held.index).copied().unwrap_or(0),
            repeated: held.deliveries > 1 || held.generation > 1,
        })
    }

    /// Adds tasks to the waiting ones again, under a new generation.
    pub(super) fn requeue(&mut self, tasks: impl IntoIterator<Item = TaskIndex>) {
        self.generation += 1;
        let generation = self.generation;
        self.waiting
            .extend(tasks.into_iter().map(|index| (generation, index)));
    }

    /// Counts a failed attempt. Returns whether it was the last one.
    pub(super) fn count_failure(&mut self, task: TaskIndex, failure: &AttemptFailure) -> bool {
        let failed = self.failed.entry(task).or_default();
        *failed += 1;
        *failed >= failure.max_attempts
    }

    /// Moves a task to the dead letters.
    pub(super) fn bury(&mut self, task: TaskIndex, failure: &AttemptFailure) {
        self.dead.insert(task, failure.reason.clone());
    }

    /// Records a sign of life of `worker`.
    pub(super) fn record_alive(&mut self, worker: &WorkerName) {
        self.workers.insert(worker.clone(), Instant::now());
    }

    /// The store itself has no problems: it is memory of this process.
    pub(super) fn health(&self) -> Health {
        let held = |entry: String| {
            let held = self.held.get(&entry)?;
            Some(HeldTask {
                index: held.index,
                entry,
                worker: held.worker.to_string(),
                idle: held.since.elapsed(),
                deliveries: held.deliveries,
            })
        };
        Health {
            problems: Vec::new(),
            held: self
                .leases(|_| true)
                .into_iter()
                .take(3)
                .filter_map(held)
                .collect(),
            generation: (self.generation - self.backups).into(),
        }
    }

    pub(super) fn status(&self) -> JobStatus {
        JobStatus {
            plan: self.header.job.plan,
            state: self.state,
            maps: self.header.maps,
            total: self.header.total,
            planned: self.payloads.len() as u32,
            done: self.done.len() as u32,
            pending: self.held.len() as u32,
            waiting: self.waiting.len() as u32,
            failed: self.failed.values().sum(),
            dead: self.dead.len() as u32,
            dead_letters: self
                .dead
                .iter()
                .take(10)
                .map(|(index, reason)| (*index, reason.clone()))
                .collect(),
            counters: self.counters.clone(),
            workers: self
                .workers
                .values()
                .filter(|seen| seen.elapsed() < ALIVE)
                .count() as u32,
            beats: self.beats,
            reason: self.reason.clone(),
        }
    }
}
