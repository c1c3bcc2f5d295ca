//! The result of a job without input, which may have rows, such as a count of 0.

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

use mapreduce_core::JobError;
use mapreduce_core::Order;
use mapreduce_formats::output::{ResultTotals, RowLayout, RowWriter};
use mapreduce_job::TaskContext;
use mapreduce_shuffle::{ReducedRows, RowSink, RowSinkOptions, Scratch};

use super::destination::Destination;
use super::error::OutputError;

/// Memory for the rows, in bytes.
const MEMORY: usize = 1 << 20;

/// Runs the reducers of a job that has no input. `None` if only workers can run them.
pub(super) fn empty_rows(
    destination: &Destination<'_>,
) -> Result<Option<ReducedRows>, OutputError> {
    let (spec, code) = (destination.spec(), &destination.request.code);
    // A streaming command runs on workers, and without input there is no task for them.
    if !code.can_be_sampled() {
        return Ok(None);
    }
    let scratch = Scratch {
        memory: MEMORY,
        folder: None,
    };
    let options = RowSinkOptions {
        sorted: spec.shape.order == Order::Key,
        outputs: 1 + spec.shape.outputs.len() as u32,
        compress: false,
    };
    let mut sink = RowSink::new(&scratch, options);
    let reduces = spec.shape.required_reduces.unwrap_or(1);
    for partition in 0..reduces {
        let context = TaskContext {
            job: spec.name.clone(),
            params: spec.params.clone(),
            tokenizer: spec.tokenizer,
            reduces,
            partition,
            schema: spec.shape.schema(),
            result_is_table: spec.shape.is_table(),
            ..TaskContext::default()
        };
        let done = code
            .reducer(&context)
            .and_then(|mut reducer| reducer.finish(&mut sink));
        done.map_err(OutputError::Job)?;
    }
    let rows = sink.finish(&AtomicBool::new(false));
    rows.map(Some)
        .map_err(|error| OutputError::Job(JobError::new(error.to_string())))
}

/// Writes the `rows` of one output to `file`.
pub(super) fn write_rows(
    rows: Option<&mut ReducedRows>,
    output: usize,
    layout: RowLayout,
    file: &mut (impl Write + Send),
) -> io::Result<ResultTotals> {
    let mut writer = RowWriter::new(file, layout)?;
    if let Some(rows) = rows {
        let pushed = rows.each(output, &AtomicBool::new(false), &mut |row| {
            Ok(writer.push_text(row.key, row.value)?)
        });
        pushed.map_err(io::Error::other)?;
    }
    writer.finish()
}
