//! Finds lines, or what in them matches.
//!
//! A pattern that is plain text is not looked for line by line: whole blocks are searched, and only lines that hold
//! it are looked at.

use mapreduce_core::{Columns, JobError, Order, Param, Params, Partitioning, Shape, ValueKind};
use mapreduce_job::{JobInfo, MapTask, TaskContext};

use super::pattern::Pattern;
use super::task::{Count, Select};
use crate::lines::EachValue;
use crate::raw::Raw;

const INFO: JobInfo = JobInfo::new("grep", "finds the lines that match a pattern, or counts what matches")
    .params(&[
        Param {
            name: "pattern",
            default: None,
            help: "a regular expression, as the crate regex has them",
        },
        Param {
            name: "output",
            default: Some("lines"),
            help: "lines: the lines that match, in the order of the input; counts: how often each matching text comes",
        },
        Param {
            name: "ignore_case",
            default: Some("false"),
            help: "true: capital and small letters are the same",
        },
        Param {
            name: "invert",
            default: Some("false"),
            help: "true: the lines that do not match",
        },
        Param {
            name: "names",
            default: Some("false"),
            help: "true: each line with its file and number before it, file:number:line",
        },
    ])
    .example("logs/ --job grep --param pattern='error [0-9]+' --output errors.txt");

pub(crate) fn job() -> Raw {
    Raw {
        info: INFO,
        shape,
        mapper,
        reducer: |_| Ok(Box::new(EachValue)),
    }
}

/// What is asked for beside the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wish {
    counts: bool,
    invert: bool,
    names: bool,
}

impl Wish {
    fn of(params: &Params) -> Result<Self, JobError> {
        let wish = Self {
            counts: match params.get("output") {
                None | Some("lines") => false,
                Some("counts") => true,
                Some(other) => {
                    return Err(JobError::hopeless(format!(
                        "the parameter output={other} must be lines or counts"
                    )));
                }
            },
            invert: params.value("invert", false)?,
            names: params.value("names", false)?,
        };
        if wish.counts && (wish.invert || wish.names) {
            return Err(JobError::hopeless(
                "the parameters invert and names are for output=lines",
            ));
        }
        Ok(wish)
    }
}

fn shape(params: &Params) -> Result<Shape, JobError> {
    let wish = Wish::of(params)?;
    Pattern::of(params)?;
    if wish.counts {
        Pattern::check_texts(params)?;
    }
    let shape = match wish.counts {
        true => Shape::sum(),
        false => Shape {
            partitioning: Partitioning::Input,
            order: Order::Emitted,
            lines: wish.names,
            ..Shape::groups(ValueKind::Nothing)
        },
    };
    Ok(Shape {
        columns: Columns::Line,
        ..shape
    })
}

fn mapper(context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
    let pattern = Pattern::of(&context.params)?;
    let wish = Wish::of(&context.params)?;
    Ok(match wish.counts {
        true => Box::new(Count(pattern)),
        false => {
            let name = wish.names.then(|| crate::line_count::file_name(context));
            Box::new(Select::new(pattern, wish.invert, name))
        }
    })
}
