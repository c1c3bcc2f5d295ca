//! Definition of the job `join`.
//!
//! The records of the left input arrive first, because the planner puts its files first and values keep the order of
//! the input. Therefore only the left records of one key are kept, in memory or in a local file.

use mapreduce_core::{Columns, JobError, Params, Schema, Shape};
use mapreduce_job::{Binding, Job, JobInfo, JobParams, MapTask, TaskContext};
use mapreduce_shuffle::{CombineTask, ReduceTask};

use super::columns::bind;
use super::mapper::SideMapper;
use super::params::JoinParams;
use super::reducer::JoinReducer;

const INFO: JobInfo = JobInfo::new(
    "join",
    "joins the records of two inputs whose keys are equal",
)
.params(JoinParams::PARAMS)
.example("orders.csv customers.csv --job join --param left.key=customer --param right.key=id");

/// Greatest size of the left records of one key in memory, in bytes. All slots of a worker may reach such a key at once.
const MAX_LEFT_BYTES: usize = 64 << 20;

/// Returns the job.
///
/// Rows sort by key, then in the order of the right input, then in that of the left input. An empty key has no partner.
pub(crate) fn job() -> Join {
    Join {
        max_left_bytes: MAX_LEFT_BYTES,
    }
}

/// The job.
pub(crate) struct Join {
    pub(super) max_left_bytes: usize,
}

impl Job for Join {
    fn info(&self) -> &JobInfo {
        &INFO
    }

    fn shape(&self, params: &Params) -> Result<Shape, JobError> {
        JoinParams::read(params)?;
        Ok(Shape {
            columns: Columns::All,
            required_inputs: Some(2),
            ..Shape::table(Schema::default())
        })
    }

    fn bind(&self, params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
        bind(params, columns)
    }

    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
        Ok(Box::new(SideMapper::new(context)?))
    }

    fn combiner(&self, _: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError> {
        Ok(None)
    }

    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError> {
        Ok(Box::new(JoinReducer::new(context, self.max_left_bytes)?))
    }
}
