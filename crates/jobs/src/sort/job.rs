//! Definition of the job `sort`.
//!
//! Keys are bytes in the requested order, and each partition is a range of keys. Therefore the part files, read one
//! after the other, are sorted. If the key determines the line, the line is not stored again as the value.

use mapreduce_core::{Columns, Order, Partitioning, Shape, ValueKind};
use mapreduce_job::{JobInfo, JobParams};

use super::key::SortKey;
use super::params::SortParams;
use super::task::{KeyMapper, LineWriter};
use crate::function_job::FunctionJob;

const INFO: JobInfo = JobInfo::new("sort", "sorts lines, by their bytes or by a field")
    .params(SortParams::PARAMS)
    .example("scores.tsv --job sort --param key=2 --param numeric=true --param reverse=true");

/// Returns the job. Lines with equal keys keep the order of the input.
pub(crate) fn job() -> FunctionJob {
    FunctionJob {
        info: INFO,
        shape: |params| {
            SortKey::of(&SortParams::read(params)?)?;
            Ok(Shape {
                partitioning: Partitioning::Range,
                order: Order::Emitted,
                columns: Columns::Line,
                ..Shape::groups(ValueKind::Nothing)
            })
        },
        mapper: |context| {
            let params = SortParams::read(&context.params)?;
            Ok(Box::new(KeyMapper::new(SortKey::of(&params)?)))
        },
        reducer: |context| {
            let params = SortParams::read(&context.params)?;
            Ok(Box::new(LineWriter::new(
                SortKey::of(&params)?,
                params.unique,
            )))
        },
    }
}
