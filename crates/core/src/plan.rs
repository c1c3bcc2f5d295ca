//! The plan: the deterministic list of a job's tasks, and its hash.
//!
//! ```text
//! JobSpec + InputFile… + splits  --Plan::new-->  Plan { spec, tasks, hash }
//! ```
//! The same input and settings give the same plan on every machine and at every start. This is how a
//! restarted master finds its job again.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::ids::{PlanHash, TaskIndex};
use crate::spec::JobSpec;
use crate::split::Split;

/// What a task does, as it travels through the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Maps this split.
    Map(Split),
    /// Reduces this partition, one of [`JobSpec::reduces`].
    Reduce(u32),
}

/// A job's tasks in order, and the hash that names them: a map task for each split, and behind them the
/// reduce tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    spec: JobSpec,
    splits: Vec<Split>,
    hash: PlanHash,
}

impl Plan {
    /// Names the list of `splits` under `spec`.
    ///
    /// The hash covers the JSON of both; changing either changes the plan.
    ///
    /// # Panics
    /// If there are more than 2³² tasks; the planner keeps far below.
    pub fn new(spec: JobSpec, splits: Vec<Split>) -> Self {
        let tasks = splits.len() as u64 + u64::from(spec.reduces);
        assert!(
            u32::try_from(tasks).is_ok(),
            "a plan has at most 2^32 tasks"
        );
        let mut hasher = Xxh3::new();
        // The version of what the hash covers: a change of meaning must not resume an older job.
        hasher.update(b"mapreduce-plan-3\n");
        hasher.update(to_json(&spec).as_bytes());
        for split in &splits {
            hasher.update(b"\n");
            hasher.update(to_json(split).as_bytes());
        }
        let hash = PlanHash(hasher.digest128());
        Self { spec, splits, hash }
    }

    /// What the job does.
    pub fn spec(&self) -> &JobSpec {
        &self.spec
    }

    /// The plan's name.
    pub fn hash(&self) -> PlanHash {
        self.hash
    }

    /// Number of map tasks, which come first.
    pub fn maps(&self) -> u32 {
        self.splits.len() as u32
    }

    /// Number of all tasks. Without input there is nothing to reduce.
    pub fn total(&self) -> u32 {
        match self.maps() {
            0 => 0,
            maps => maps + self.spec.reduces,
        }
    }

    /// The map tasks' inputs, in the order of their indexes.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// Bytes of input in all tasks.
    pub fn bytes(&self) -> u64 {
        self.splits
            .iter()
            .map(|split| split.end - split.start)
            .sum()
    }

    /// The task at `index` as the JSON text that travels through the store; `None` beyond the plan.
    pub fn payload(&self, index: TaskIndex) -> Option<String> {
        match self.splits.get(index.0 as usize) {
            // Borrowed: a list of millions of tasks is told without copying each.
            Some(split) => Some(format!("{{\"map\":{}}}", to_json(split))),
            None if index.0 < self.total() => Some(to_json(&Task::Reduce(index.0 - self.maps()))),
            None => None,
        }
    }
}

/// JSON of plain data; every map of ours has text keys, so this cannot fail.
fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}
