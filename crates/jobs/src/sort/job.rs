//! Definition of the job `sort`.
//!
//! Keys are bytes in the requested order, and each partition is a range of keys. Therefore the part files, read one
//! after the other, are sorted. If the key determines the line, the line is not stored again as the value.

use mapreduce_core::{Columns, JobError, Order, Params, Partitioning, Schema, Shape, ValueKind};
use mapreduce_job::{Binding, JobInfo, JobParams, MapTask, TaskContext};

use super::key::{SortKey, bound_key_set, bound_keys};
use super::params::SortParams;
use super::task::{LineMapper, RecordWriter, RowMapper};
use crate::bound_columns::all_columns;
use crate::function_job::FunctionJob;

const INFO: JobInfo = JobInfo::new("sort", "sorts the rows of tables, or lines of text")
    .params(SortParams::PARAMS)
    .example(
        "sales.csv --job sort --param key=price,city --param numeric=price --param reverse=price",
    );

/// Returns the job. Records with equal keys keep the order of the input.
pub(crate) fn job() -> FunctionJob {
    FunctionJob {
        info: INFO,
        shape: |params| {
            SortParams::read(params)?.check()?;
            Ok(Shape {
                partitioning: Partitioning::Range,
                order: Order::Emitted,
                columns: Columns::AllOrLine,
                key_name: "line".to_owned(),
                ..Shape::groups(ValueKind::Line)
            })
        },
        bind,
        mapper,
        reducer: |context| {
            let params = SortParams::read(&context.params)?;
            let source = sort_key(context, &params)?.record_source();
            Ok(Box::new(RecordWriter::new(
                source,
                is_table(context),
                params.unique,
            )))
        },
    }
}

fn bind(params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
    let given = SortParams::read(params)?;
    if columns.iter().all(Vec::is_empty) {
        SortKey::of_lines(&given)?;
        return Ok(None);
    }
    // The rows of all inputs are sorted together.
    let all = all_columns(columns);
    SortKey::of_table(&given, &all)?;
    let mut params = params.clone();
    if !given.key.is_empty() {
        params.set("key", bound_keys(&given.key, &all));
    }
    for (option, keys) in given.key_sets() {
        if let Some(bound) = bound_key_set(keys, &all) {
            params.set(option, bound);
        }
    }
    Ok(Some(Binding {
        params,
        columns: vec![all.clone(); columns.len()],
        schema: Some(Schema::of_text(all)),
    }))
}

/// Returns true if the records are rows of tables.
fn is_table(context: &TaskContext) -> bool {
    context.result_is_table
}

fn sort_key(context: &TaskContext, params: &SortParams) -> Result<SortKey, JobError> {
    match is_table(context) {
        true => SortKey::of_table(params, &context.schema.names()),
        false => SortKey::of_lines(params),
    }
}

fn mapper(context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
    let params = SortParams::read(&context.params)?;
    let key = sort_key(context, &params)?;
    Ok(match is_table(context) {
        true => Box::new(RowMapper::new(key, context)),
        false => Box::new(LineMapper::new(key)),
    })
}
