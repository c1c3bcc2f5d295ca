//! Jobs by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{MapTask, TaskContext};
use mapreduce_core::{JobError, Param, Params, Shape};
use mapreduce_shuffle::{CombineTask, PartitionFn, ReduceTask};

/// What people are told about a job.
#[derive(Debug, Clone, Copy)]
pub struct JobInfo {
    /// Its name: `job.name`.
    pub name: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// An example: arguments of `mapreduce run`.
    pub example: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
}

impl JobInfo {
    /// A job of this name, which does what `help` says in a line.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            example: "",
            params: &[],
        }
    }

    /// With these parameters.
    #[must_use]
    pub const fn params(self, params: &'static [Param]) -> Self {
        Self { params, ..self }
    }

    /// With an example: arguments of `mapreduce run`.
    #[must_use]
    pub const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }
}

/// A job as the programs see it. [`super::define`] makes one out of a mapper and a reducer.
pub trait Job: Send + Sync {
    /// What people are told about it.
    fn info(&self) -> &JobInfo;

    /// How it goes together with these parameters. The same answer everywhere, at any time.
    ///
    /// # Errors
    /// Parameters that are wrong; the message names them.
    fn shape(&self, params: &Params) -> Result<Shape, JobError>;

    /// A mapper for an attempt.
    ///
    /// # Errors
    /// Fails the attempt.
    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError>;

    /// A combiner for an attempt, if [`Shape::combine`] is set.
    ///
    /// # Errors
    /// Fails the attempt.
    fn combiner(&self, context: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError>;

    /// A reducer for an attempt; not asked for if counts are added up.
    ///
    /// # Errors
    /// Fails the attempt.
    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError>;

    /// Whether it runs commands that its parameters name.
    fn runs_commands(&self) -> bool {
        false
    }

    /// Whether its mapper may be tried on a sample of the input where the job is planned.
    fn can_be_sampled(&self) -> bool {
        true
    }

    /// Which of so many partitions a key goes to, if the partitioning is the job's own.
    fn partition(&self, key: &[u8], partitions: u32) -> u32 {
        mapreduce_core::key::partition(mapreduce_core::key::hash(key), partitions)
    }
}

/// Returns the partition function of `job`, for the shuffle.
pub fn partition_fn(job: Arc<dyn Job>) -> PartitionFn {
    Arc::new(move |key, partitions| job.partition(key, partitions))
}

impl fmt::Debug for dyn Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.info().name).finish()
    }
}

/// Jobs by name.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Arc<dyn Job>>);

impl Registry {
    /// Adds a job, in place of another of its name.
    pub fn add(&mut self, job: impl Job + 'static) -> &mut Self {
        self.0.insert(job.info().name, Arc::new(job));
        self
    }

    /// The job of that name.
    ///
    /// # Errors
    /// There is none; the message lists those there are.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Job>, JobError> {
        self.0.get(name).cloned().ok_or_else(|| {
            let names: Vec<_> = self.0.keys().copied().collect();
            JobError::hopeless(format!(
                "there is no job {name:?} (job.name); there are {}",
                names.join(", ")
            ))
        })
    }

    /// All jobs, by name.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Job> {
        self.0.values().map(|job| &**job)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
