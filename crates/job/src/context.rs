//! What an attempt knows beside its records.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use mapreduce_core::counters::{LARGEST, LONGEST_OWN, MOST_OWN};
use mapreduce_core::{JobError, Params};
use mapreduce_core::{Split, Tokenizer};

/// What an attempt is about, and what it may count.
#[derive(Debug, Clone, Default)]
pub struct TaskContext {
    /// The job.
    pub job: String,
    /// The job's id.
    pub job_id: String,
    /// Its parameters.
    pub params: Params,
    /// How records become words.
    pub tokenizer: Tokenizer,
    /// The task's place in the plan.
    pub task: u32,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Number of reduce tasks.
    pub reduces: u32,
    /// Which partition a reduce task has.
    pub partition: u32,
    /// A map task's input.
    pub split: Option<Split>,
    /// The job's inputs as the master names them, if there are several.
    pub input_names: Vec<String>,
    /// The input file as this machine sees it.
    pub path: PathBuf,
    /// The folder with the files of `job.files`, if there are any.
    pub files: Option<PathBuf>,
    /// A folder for local files of the attempt's own making.
    pub temp_folder: Option<PathBuf>,
    /// Set when nobody waits for the attempt any more.
    pub cancelled: Arc<AtomicBool>,
    /// The job's own counters; clones share them.
    pub counters: CounterSet,
}

/// Counters by name; clones share them.
#[derive(Debug, Clone, Default)]
pub struct CounterSet(Arc<Mutex<BTreeMap<String, Counter>>>);

/// A counter of a job's own. Its sum over all tasks that are done is exact: attempts that failed do not count.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds `more`.
    #[inline]
    pub fn add(&self, more: u64) {
        let add = |sum: u64| Some(sum.saturating_add(more));
        let before = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        debug_assert!(before.is_ok(), "there always is a sum");
    }
}

impl TaskContext {
    /// The counter `name` of `group`.
    pub fn counter(&self, group: &str, name: &str) -> Counter {
        let mut counters = self.counters.0.lock().expect("no panic under the lock");
        counters
            .entry(format!("{group}:{name}"))
            .or_default()
            .clone()
    }

    /// What was counted: `group:name` and its value, if that is not 0.
    ///
    /// # Errors
    /// There are more counters than the store takes, or a name is too long.
    pub fn counted(&self) -> Result<BTreeMap<String, u64>, JobError> {
        let counters = self.counters.0.lock().expect("no panic under the lock");
        if counters.len() > MOST_OWN {
            return Err(JobError::hopeless(format!(
                "a task may have {MOST_OWN} counters of its own; there are {}",
                counters.len()
            )));
        }
        if let Some(name) = counters.keys().find(|name| name.len() > LONGEST_OWN) {
            let start: String = name.chars().take(60).collect();
            return Err(JobError::hopeless(format!(
                "the name of a counter may have {LONGEST_OWN} bytes; that which begins with {start:?} has {}",
                name.len()
            )));
        }
        let large = |counter: &Counter| counter.0.load(Ordering::Relaxed) > LARGEST;
        if let Some((name, _)) = counters.iter().find(|(_, counter)| large(counter)) {
            return Err(JobError::hopeless(format!(
                "the counter {name} is beyond 2^53, the most that a counter can be"
            )));
        }
        let value = |(name, counter): (&String, &Counter)| {
            (name.clone(), counter.0.load(Ordering::Relaxed))
        };
        let counted = counters.iter().map(value).filter(|(_, value)| *value > 0);
        Ok(counted.collect())
    }

    /// The names of the fields of a map task's records; for JSON, the pointers. None where records have no fields.
    pub fn columns(&self) -> Vec<String> {
        let split = self.split.as_ref();
        split.map_or_else(Vec::new, |split| split.file.format.columns())
    }

    /// Which of `job.input`, from 0, the records come from.
    pub fn input(&self) -> u16 {
        self.split.as_ref().map_or(0, |split| split.file.root)
    }
}
