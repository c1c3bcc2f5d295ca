//! Environment of an attempt: its task, its parameters and its counters.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use mapreduce_core::counters::{MAX_COUNTER, MAX_CUSTOM_COUNTER_NAME_LEN, MAX_CUSTOM_COUNTERS};
use mapreduce_core::{JobError, Params, Schema, Split, Tokenizer};

/// Environment of an attempt: its task, its parameters and its counters.
#[derive(Debug, Clone, Default)]
pub struct TaskContext {
    /// Name of the job.
    pub job: String,
    /// Id of the job.
    pub job_id: String,
    /// Parameters of the job.
    pub params: Params,
    /// Tokenizer that splits records into words.
    pub tokenizer: Tokenizer,
    /// Index of the task in the plan, from 0.
    pub task: u32,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// Number of reduce tasks.
    pub reduces: u32,
    /// Partition of a reduce task, from 0.
    pub partition: u32,
    /// Input of a map task. `None` for a reduce task.
    pub split: Option<Split>,
    /// Names of the job's inputs, from the master's settings. Empty if there is only one input.
    pub input_names: Vec<String>,
    /// Columns of the job's result.
    pub schema: Schema,
    /// True if the rows of the result are those of a table, and not keys with values.
    pub result_is_table: bool,
    /// Path of the input file on this machine.
    pub path: PathBuf,
    /// Folder with the files of `job.files`. `None` if the job has none.
    pub files: Option<PathBuf>,
    /// Folder for temporary files of the attempt.
    pub temp_folder: Option<PathBuf>,
    /// Set to true when the attempt is cancelled and its result is not needed.
    pub cancelled: Arc<AtomicBool>,
    /// Custom counters of the job. Clones share them.
    pub counters: CounterSet,
}

/// Custom counters by name. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct CounterSet(Arc<Mutex<BTreeMap<String, Counter>>>);

/// Custom counter of a job. The total over all completed tasks is exact, because failed attempts do not count.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds `more` to the counter.
    #[inline]
    pub fn add(&self, more: u64) {
        let add = |sum: u64| Some(sum.saturating_add(more));
        let before = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        debug_assert!(before.is_ok(), "the closure always returns a sum");
    }
}

impl TaskContext {
    /// Returns the counter `name` of `group`. The first call creates it.
    pub fn counter(&self, group: &str, name: &str) -> Counter {
        let mut counters = self.counters.0.lock().expect("no panic under the lock");
        counters
            .entry(format!("{group}:{name}"))
            .or_default()
            .clone()
    }

    /// Returns the custom counters that are not 0, by `group:name`.
    ///
    /// # Errors
    /// The attempt has too many custom counters, a name is too long, or a value exceeds 2^53.
    pub fn counter_values(&self) -> Result<BTreeMap<String, u64>, JobError> {
        let counters = self.counters.0.lock().expect("no panic under the lock");
        if counters.len() > MAX_CUSTOM_COUNTERS {
            return Err(JobError::permanent(format!(
                "a task may have at most {MAX_CUSTOM_COUNTERS} custom counters, not {}",
                counters.len()
            )));
        }
        if let Some(name) = counters
            .keys()
            .find(|name| name.len() > MAX_CUSTOM_COUNTER_NAME_LEN)
        {
            let start: String = name.chars().take(60).collect();
            return Err(JobError::permanent(format!(
                "the name of a custom counter may have at most {MAX_CUSTOM_COUNTER_NAME_LEN} bytes; the name {start:?}… has {}",
                name.len()
            )));
        }
        let large = |counter: &Counter| counter.0.load(Ordering::Relaxed) > MAX_COUNTER;
        if let Some((name, _)) = counters.iter().find(|(_, counter)| large(counter)) {
            return Err(JobError::permanent(format!(
                "the counter {name} exceeds 2^53, the maximum of a counter"
            )));
        }
        let value = |(name, counter): (&String, &Counter)| {
            (name.clone(), counter.0.load(Ordering::Relaxed))
        };
        let counted = counters.iter().map(value).filter(|(_, value)| *value > 0);
        Ok(counted.collect())
    }

    /// Returns the names of the fields of a map task's records; for JSON, the pointers. Empty if records have no
    /// fields.
    pub fn columns(&self) -> Vec<String> {
        let split = self.split.as_ref();
        split.map_or_else(Vec::new, |split| split.file.format.columns())
    }

    /// Returns the number of the records' input in `job.input`, from 0.
    pub fn input(&self) -> u16 {
        self.split
            .as_ref()
            .map_or(0, |split| split.file.input_index)
    }
}
