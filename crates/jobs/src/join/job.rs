//! Definition and mapper of the job `join`.

use mapreduce_core::{Columns, JobError, Record, Shape, ValueKind};
use mapreduce_job::{Definition, Emitter, JobInfo, JobParams, Mapper, TaskContext, define};

use super::params::{JoinKind, JoinParams};
use super::record::{LEFT, RIGHT, put_cell, start};
use super::reducer::JoinReducer;

const INFO: JobInfo = JobInfo::new(
    "join",
    "joins the records of two inputs whose keys are equal",
)
.params(JoinParams::PARAMS)
.example("orders.csv customers.csv --job join --param left.key=customer --param right.key=id");

/// Returns the job.
///
/// The value of a row is an object with all columns of both records except the keys. A missing cell is null. A repeated
/// name gets the prefix `left.` or `right.`, which depends on the headers only. Rows sort by key, then in the order of
/// the right input, then in that of the left input. The row of a left record without a partner has only the left
/// columns. An empty key has no partner.
///
/// The records of the left input arrive first, because the planner puts its files first and values keep the order of
/// the input. Therefore only the left records of one key are in memory, and most keys have few of them.
pub(crate) fn job() -> Definition {
    limited(MAX_LEFT_BYTES)
}

/// Greatest size of the left records of one key in bytes of JSON. All slots of a worker may reach such a key at once.
const MAX_LEFT_BYTES: usize = 256 << 20;

/// Returns the job with the limit `max_left_bytes` in place of [`MAX_LEFT_BYTES`].
pub(super) fn limited(max_left_bytes: usize) -> Definition {
    let job = define(INFO).mapper(Side::default);
    let job = job.reducer(move || JoinReducer::new(max_left_bytes));
    job.shape(|params, shape| {
        JoinParams::read(params)?;
        Ok(Shape {
            columns: Columns::All,
            required_inputs: Some(2),
            value: ValueKind::Json,
            ..shape
        })
    })
}

/// Emits the records of one input with their keys.
#[derive(Debug, Default)]
struct Side {
    /// Start of each value: the side, and the names of the columns except the key.
    start: Vec<u8>,
    /// Number of columns, including the key.
    columns: usize,
    /// Position of the key column.
    key: usize,
    /// True if records with an empty key are emitted, because the result contains them.
    keeps_empty_keys: bool,
    value: Vec<u8>,
}

impl Mapper for Side {
    type Key = [u8];
    type Value = [u8];

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        let params = JoinParams::read(&context.params)?;
        let (side, name, key) = match context.input() {
            0 => (LEFT, "left.key", params.left_key),
            1 => (RIGHT, "right.key", params.right_key),
            _ => {
                return Err(JobError::permanent(
                    "join needs exactly two inputs; set job.input to the left and the right one",
                ));
            }
        };
        let mut columns = context.columns();
        let position = columns.iter().position(|column| *column == key);
        self.key = position.ok_or_else(|| {
            JobError::permanent(format!(
                "the input has no column {key:?} ({name}); its columns are {}",
                columns.join(", ")
            ))
        })?;
        self.columns = columns.len();
        columns.remove(self.key);
        self.start = start(side, &columns);
        self.keeps_empty_keys = side == LEFT && params.kind == JoinKind::Left;
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, [u8], [u8]>,
    ) -> Result<(), JobError> {
        let key = record.field(self.key).unwrap_or_default();
        if key.is_empty() && !self.keeps_empty_keys {
            return Ok(());
        }
        self.value.clear();
        self.value.extend_from_slice(&self.start);
        for at in (0..self.columns).filter(|at| *at != self.key) {
            put_cell(record.field(at), &mut self.value);
        }
        out.emit(key, &self.value);
        Ok(())
    }
}
