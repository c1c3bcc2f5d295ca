//! Definition of the job `grep`.
//!
//! A pattern that is plain text is searched in whole blocks of the input. Only the lines that contain it are visited.

use mapreduce_core::{Columns, JobError, Order, Params, Partitioning, Shape, ValueKind};
use mapreduce_job::{JobInfo, JobParams, MapTask, TaskContext};

use super::params::{GrepParams, Output};
use super::pattern::Pattern;
use super::task::{LineMapper, MatchCounter};
use crate::function_job::FunctionJob;
use crate::input_name::file_name;
use crate::line_reducer::ValueLines;

const INFO: JobInfo = JobInfo::new(
    "grep",
    "finds the lines that match a pattern, or counts the matching texts",
)
.params(GrepParams::PARAMS)
.example("logs/ --job grep --param pattern='error [0-9]+' --output errors.txt");

pub(crate) fn job() -> FunctionJob {
    FunctionJob {
        info: INFO,
        shape,
        mapper,
        reducer: |_| Ok(Box::new(ValueLines)),
    }
}

fn shape(params: &Params) -> Result<Shape, JobError> {
    let params = GrepParams::of(params)?;
    Pattern::of(&params)?;
    let shape = match params.output {
        Output::Counts => {
            Pattern::check_whole_characters(&params)?;
            Shape::sum()
        }
        Output::Lines => Shape {
            partitioning: Partitioning::Input,
            order: Order::Emitted,
            line_numbers: params.names,
            ..Shape::groups(ValueKind::Nothing)
        },
    };
    Ok(Shape {
        columns: Columns::Line,
        ..shape
    })
}

fn mapper(context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
    let params = GrepParams::of(&context.params)?;
    let pattern = Pattern::of(&params)?;
    Ok(match params.output {
        Output::Counts => Box::new(MatchCounter(pattern)),
        Output::Lines => {
            let name = params.names.then(|| file_name(context));
            Box::new(LineMapper::new(pattern, params.invert, name))
        }
    })
}
