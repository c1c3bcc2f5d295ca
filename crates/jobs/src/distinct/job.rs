//! Definition of the job `distinct`.
//!
//! An exact number needs all values in one reduce task. Map tasks drop repeated values first, and the reduce task
//! receives sorted values, so that it needs no memory for them. `mode=list` spreads the values over all reduce tasks.
//! For very many values, count the rows of the list.

use mapreduce_core::{CellType, Columns, JobError, Params, Schema, Shape};
use mapreduce_job::{Binding, Job, JobInfo, JobParams, MapTask, TaskContext};
use mapreduce_shuffle::{CombineTask, ReduceTask};

use super::exact::{KeyCounter, KeyDeduplicator, KeyList, ValueMapper};
use super::params::{DistinctParams, Mode};
use crate::key::{result_name, with_actual_names};

const INFO: JobInfo = JobInfo::new("distinct", "counts, estimates or lists distinct values")
    .params(DistinctParams::PARAMS)
    .example("visits.csv --job distinct --param columns=user --param mode=estimate");

pub(crate) fn job() -> Distinct {
    Distinct
}

/// The job. Its mapper and reducer depend on the parameter `mode`.
pub(crate) struct Distinct;

impl Job for Distinct {
    fn info(&self) -> &JobInfo {
        &INFO
    }

    fn shape(&self, params: &Params) -> Result<Shape, JobError> {
        let DistinctParams { columns, mode } = DistinctParams::of(params)?;
        let schema = match mode {
            Mode::List if columns.is_empty() => Schema::of_text(["value"]),
            Mode::List => Schema::of_text(columns.iter().map(|column| result_name(column))),
            Mode::Exact | Mode::Estimate => Schema::new([("distinct", CellType::Integer)]),
        };
        Ok(Shape {
            columns: match columns.is_empty() {
                true => Columns::Configured,
                false => Columns::Named(columns),
            },
            required_reduces: (mode != Mode::List).then_some(1),
            has_combiner: mode.combines(),
            ..Shape::table(schema)
        })
    }

    fn bind(&self, params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
        let given = DistinctParams::of(params)?;
        let bound = with_actual_names(params, &["columns"], &given.columns, columns);
        let Some(params) = bound else {
            return Ok(None);
        };
        Ok(Some(Binding {
            columns: columns.to_vec(),
            schema: None,
            params,
        }))
    }

    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
        let params = DistinctParams::of(&context.params)?;
        let columns = params.columns.len();
        Ok(match params.mode {
            #[cfg(feature = "sketches")]
            Mode::Estimate => Box::new(super::sketch::SketchMapper::new(columns)?),
            _ => Box::new(ValueMapper::new(columns)),
        })
    }

    fn combiner(&self, context: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError> {
        let combines = DistinctParams::of(&context.params)?.mode.combines();
        Ok(combines.then(|| Box::new(KeyDeduplicator) as Box<dyn CombineTask>))
    }

    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError> {
        let params = DistinctParams::of(&context.params)?;
        Ok(match params.mode {
            Mode::List => Box::new(KeyList::new(params.columns.len())),
            #[cfg(feature = "sketches")]
            Mode::Estimate => Box::new(super::sketch::SketchReducer::new()?),
            _ => Box::new(KeyCounter::default()),
        })
    }
}
