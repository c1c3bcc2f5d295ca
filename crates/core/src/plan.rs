//! The plan: the deterministic list of a job's tasks, and its hash.
//!
//! ```text
//! JobSpec + InputFile… + splits  --Plan::new-->  Plan { spec, tasks, hash }
//! ```
//! The same input and settings give the same plan on every machine and at every start. Therefore a restarted master
//! can find its job by the hash.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::ids::{PlanHash, TaskIndex};
use crate::spec::JobSpec;
use crate::split::Split;

/// A task as it is saved in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Maps a split.
    Map(Split),
    /// Reduces a partition, numbered from 0 to [`JobSpec::reduces`] - 1.
    Reduce(u32),
}

/// The tasks of a job and their hash. The map tasks come first, one for each split; the reduce tasks follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    spec: JobSpec,
    splits: Vec<Split>,
    hash: PlanHash,
}

impl Plan {
    /// Creates the plan for `splits` and `spec`.
    ///
    /// The hash covers the JSON of both, so a change of either gives another plan.
    ///
    /// # Panics
    /// If there are 2³² tasks or more. The planner creates far fewer.
    pub fn new(spec: JobSpec, splits: Vec<Split>) -> Self {
        let tasks = splits.len() as u64 + u64::from(spec.reduces);
        assert!(
            u32::try_from(tasks).is_ok(),
            "a plan has fewer than 2^32 tasks"
        );
        let mut hasher = Xxh3::new();
        // The version of the hashed content. Without it, a newer version could resume a job that an older one planned
        // with another meaning.
        hasher.update(b"mapreduce-plan-4\n");
        hasher.update(to_json(&spec).as_bytes());
        for split in &splits {
            hasher.update(b"\n");
            hasher.update(to_json(split).as_bytes());
        }
        let hash = PlanHash(hasher.digest128());
        Self { spec, splits, hash }
    }

    /// Returns the job specification.
    pub fn spec(&self) -> &JobSpec {
        &self.spec
    }

    /// Returns the hash that identifies the plan.
    pub fn hash(&self) -> PlanHash {
        self.hash
    }

    /// Returns the number of map tasks.
    pub fn maps(&self) -> u32 {
        self.splits.len() as u32
    }

    /// Returns the number of all tasks. A plan without input has no tasks at all.
    pub fn total(&self) -> u32 {
        match self.maps() {
            0 => 0,
            maps => maps + self.spec.reduces,
        }
    }

    /// Returns the splits in the order of their map tasks.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// Returns the total input in bytes.
    pub fn input_bytes(&self) -> u64 {
        self.splits
            .iter()
            .map(|split| split.end - split.start)
            .sum()
    }

    /// Returns the task at `index` as JSON for the store, or `None` if the plan has no such task.
    pub fn payload(&self, index: TaskIndex) -> Option<String> {
        match self.splits.get(index.0 as usize) {
            // `Task::Map` would need a copy of the split, and a plan may have millions of them.
            Some(split) => Some(format!("{{\"map\":{}}}", to_json(split))),
            None if index.0 < self.total() => Some(to_json(&Task::Reduce(index.0 - self.maps()))),
            None => None,
        }
    }
}

/// Returns the JSON of `value`. It cannot fail because all maps in a plan have text keys.
fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}
