//! Definition of the job `grep`.
//!
//! A pattern that is plain text is searched in whole blocks of the input. Only the lines that contain it are visited.

use mapreduce_core::column_names::join_list;
use mapreduce_core::{
    CellType, Columns, JobError, Order, Params, Partitioning, Schema, Shape, ValueKind,
};
use mapreduce_job::{Binding, JobInfo, JobParams, MapTask, TaskContext};

use super::params::{GrepParams, Output};
use super::pattern::Pattern;
use super::table_task::{CellMatchCounter, RowMapper};
use super::task::{LineMapper, MatchCounter};
use crate::bound_columns::{all_columns, required_column};
use crate::function_job::FunctionJob;
use crate::input_name::file_name;
use crate::row_reducer::RowCopier;

const INFO: JobInfo = JobInfo::new(
    "grep",
    "finds the lines or rows that match a pattern, or counts the matching texts",
)
.params(GrepParams::PARAMS)
.example("logs/ --job grep --param pattern='error [0-9]+' --output errors.txt");

pub(crate) fn job() -> FunctionJob {
    FunctionJob {
        info: INFO,
        shape,
        bind,
        mapper,
        reducer: |context| {
            let is_table = context.result_is_table;
            Ok(Box::new(RowCopier { is_table }))
        },
    }
}

fn shape(params: &Params) -> Result<Shape, JobError> {
    let params = GrepParams::of(params)?;
    Pattern::of(&params)?;
    let shape = match params.output {
        Output::Counts => {
            Pattern::check_whole_characters(&params)?;
            Shape {
                key_name: "match".to_owned(),
                json_object: false,
                ..Shape::sum()
            }
        }
        Output::Lines => Shape {
            partitioning: Partitioning::Input,
            order: Order::Emitted,
            line_numbers: params.names,
            key_name: "line".to_owned(),
            ..Shape::groups(ValueKind::Line)
        },
    };
    Ok(Shape {
        columns: Columns::AllOrLine,
        ..shape
    })
}

fn bind(params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
    let given = GrepParams::of(params)?;
    let all = all_columns(columns);
    if all.is_empty() {
        return match given.columns.first() {
            None => Ok(None),
            Some(column) => Err(JobError::permanent(format!(
                "the parameter columns names {column:?}, but text has no columns; remove the parameter, or set \
                 input.format if the input is a table"
            ))),
        };
    }
    let mut params = params.clone();
    let mut searched = Vec::new();
    for column in &given.columns {
        let position = required_column(&all, column, "input", "parameter columns")?;
        searched.push(all[position].clone());
    }
    params.set("columns", join_list(&searched));
    Ok(Some(Binding {
        params,
        columns: vec![all.clone(); columns.len()],
        schema: match given.output {
            // The result has the matching texts, not the rows.
            Output::Counts => None,
            Output::Lines => Some(result_schema(all, given.names)),
        },
    }))
}

/// Returns the columns of the result: those of the input, after the file and the line if they are requested.
fn result_schema(columns: Vec<String>, names: bool) -> Schema {
    let location = match names {
        true => vec![
            ("file".to_owned(), CellType::Text),
            ("line".to_owned(), CellType::Integer),
        ],
        false => Vec::new(),
    };
    let columns = columns.into_iter().map(|column| (column, CellType::Text));
    Schema::new(location.into_iter().chain(columns))
}

fn mapper(context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
    let params = GrepParams::of(&context.params)?;
    let pattern = Pattern::of(&params)?;
    let columns = context.columns();
    let name = params.names.then(|| file_name(context));
    Ok(match (params.output, columns.is_empty()) {
        (Output::Counts, true) => Box::new(MatchCounter(pattern)),
        (Output::Counts, false) => {
            let fields = searched_fields(&params.columns, &columns);
            Box::new(CellMatchCounter { pattern, fields })
        }
        (Output::Lines, true) => Box::new(LineMapper::new(pattern, params.invert, name)),
        (Output::Lines, false) => {
            let fields = searched_fields(&params.columns, &columns);
            Box::new(RowMapper::new(
                pattern,
                params.invert,
                name,
                fields,
                context,
            ))
        }
    })
}

/// Returns the indexes of the fields to search: those with the bound names, or all.
fn searched_fields(named: &[String], columns: &[String]) -> Vec<usize> {
    match named {
        [] => (0..columns.len()).collect(),
        // A file may lack some of the columns.
        named => named
            .iter()
            .filter_map(|name| columns.iter().position(|column| column == name))
            .collect(),
    }
}
