//! Jobs built from functions, for which one call for each record or key would be too slow.

use mapreduce_core::{JobError, Params, Shape};
use mapreduce_job::{Binding, Job, JobInfo, MapTask, TaskContext};
use mapreduce_shuffle::{CombineTask, ReduceTask};

/// Function of [`Job::bind`].
type Binder = fn(&Params, &[Vec<String>]) -> Result<Option<Binding>, JobError>;

/// A job built from functions.
pub(super) struct FunctionJob {
    pub(super) info: JobInfo,
    pub(super) shape: fn(&Params) -> Result<Shape, JobError>,
    pub(super) bind: Binder,
    pub(super) mapper: fn(&TaskContext) -> Result<Box<dyn MapTask>, JobError>,
    pub(super) reducer: fn(&TaskContext) -> Result<Box<dyn ReduceTask>, JobError>,
}

impl Job for FunctionJob {
    fn info(&self) -> &JobInfo {
        &self.info
    }

    fn shape(&self, params: &Params) -> Result<Shape, JobError> {
        params.check(self.info.params)?;
        (self.shape)(params)
    }

    fn bind(&self, params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
        (self.bind)(params, columns)
    }

    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
        (self.mapper)(context)
    }

    fn combiner(&self, _: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError> {
        Ok(None)
    }

    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError> {
        (self.reducer)(context)
    }
}
