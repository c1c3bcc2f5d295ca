//! Jobs by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use mapreduce_core::{JobError, Param, Params, Schema, Shape};
use mapreduce_shuffle::{CombineTask, PartitionFn, ReduceTask};

use crate::context::TaskContext;
use crate::task::MapTask;

/// Description of a job for users.
#[derive(Debug, Clone, Copy)]
pub struct JobInfo {
    /// Name of the job, for the setting `job.name`.
    pub name: &'static str,
    /// Summary of the job in one line.
    pub help: &'static str,
    /// Example of the arguments of `mapreduce run`.
    pub example: &'static str,
    /// Parameters of the job.
    pub params: &'static [Param],
}

impl JobInfo {
    /// Creates the description of a job without parameters. `help` is the summary in one line.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            example: "",
            params: &[],
        }
    }

    /// Sets the parameters.
    #[must_use]
    pub const fn params(self, params: &'static [Param]) -> Self {
        Self { params, ..self }
    }

    /// Sets the example of the arguments of `mapreduce run`.
    #[must_use]
    pub const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }
}

/// Parameters of a job that are bound to the columns of its inputs. The plan contains them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Parameters that replace the given ones.
    pub params: Params,
    /// Columns of the result; `None` for those of [`Job::shape`] with the new parameters.
    pub schema: Option<Schema>,
    /// Columns that the job reads, for each input. The readers skip the others.
    pub columns: Vec<Vec<String>>,
}

/// A job without its types, as the master and the workers run it. [`define`](crate::define()) creates one from a mapper
/// and a reducer.
pub trait Job: Send + Sync {
    /// Returns the description of the job.
    fn info(&self) -> &JobInfo;

    /// Returns the shape of the job with these parameters. The result must depend on the parameters only.
    ///
    /// # Errors
    /// A parameter is invalid. The message names it.
    fn shape(&self, params: &Params) -> Result<Shape, JobError>;

    /// Binds the parameters to the columns of the inputs, for jobs whose result depends on them. The planner calls it
    /// once.
    ///
    /// `columns` has the columns of each input in `job.input`, none for lines of text. `None` changes nothing. If the shape
    /// names its columns, `columns` has the names in the input of these columns, in the same order and as many, unless the
    /// names differ between files.
    ///
    /// # Errors
    /// A parameter does not fit the columns. The message names it.
    fn bind(&self, params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
        let (_, _) = (params, columns);
        Ok(None)
    }

    /// Creates the mapper of an attempt.
    ///
    /// # Errors
    /// An error fails the attempt.
    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError>;

    /// Creates the combiner of an attempt, or returns `None` unless [`Shape::has_combiner`] is set.
    ///
    /// # Errors
    /// An error fails the attempt.
    fn combiner(&self, context: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError>;

    /// Creates the reducer of an attempt. The engine does not call it for jobs that sum counts.
    ///
    /// # Errors
    /// An error fails the attempt.
    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError>;

    /// Returns true if the job runs commands from its parameters.
    fn runs_commands(&self) -> bool {
        false
    }

    /// Returns true if the master may run the mapper on a sample of the input while it plans the job.
    fn can_be_sampled(&self) -> bool {
        true
    }

    /// Returns the partition of a key, from 0 to `partitions` - 1, for jobs with
    /// [`Partitioning::Custom`](mapreduce_core::Partitioning::Custom).
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
    /// Adds a job. A job with the same name is replaced.
    pub fn add(&mut self, job: impl Job + 'static) -> &mut Self {
        self.0.insert(job.info().name, Arc::new(job));
        self
    }

    /// Returns the job with that name.
    ///
    /// # Errors
    /// The registry has no such job. The message lists the names of its jobs.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Job>, JobError> {
        self.0.get(name).cloned().ok_or_else(|| {
            let names: Vec<_> = self.0.keys().copied().collect();
            JobError::permanent(format!(
                "unknown job {name:?} (job.name); the jobs are {}",
                names.join(", ")
            ))
        })
    }

    /// Returns all jobs, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Job> {
        self.0.values().map(|job| &**job)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
