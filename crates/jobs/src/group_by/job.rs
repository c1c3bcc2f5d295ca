//! Mapper, combiner and reducer of the job `group-by`.

use hashbrown::HashMap;

use mapreduce_core::{Columns, JobError, Params, Record, Shape, ValueKind};
use mapreduce_job::{
    Binding, Combined, Combiner, Definition, Emitter, JobInfo, JobParams, Mapper, Reducer, Rows,
    TaskContext, Values, define,
};

use super::aggregate::{Aggregate, cell_column, corrupt, merge_into, put_cell};
use super::columns::ColumnPlan;
use super::params::GroupByParams;
use super::rejected::RejectedCells;
use crate::key::{actual_names, distinct_names, push_key, put_key, with_actual_names};
use crate::row_cells::RowCells;

const INFO: JobInfo = JobInfo::new(
    "group-by",
    "groups records by columns: count, sum, min, max, mean, distinct",
)
.params(GroupByParams::PARAMS)
.example("sales.csv --job group-by --param key=city,product --param sum=amount --param mean=amount,price");

/// Returns the job. Empty cells are skipped, except that their records count. Cells that are not numbers are skipped
/// too, and counted as `group-by:not_a_number`. Each map task logs its first. A group without numbers has the sum 0,
/// and null for min, max and mean.
pub(crate) fn job() -> Definition {
    let job = define(INFO)
        .mapper(GroupBy::default)
        .reducer(RowWriter::default)
        .combiner(AggregateMerger::default);
    job.bind(bind).shape(|params, shape| {
        let plan = ColumnPlan::of(params)?;
        Ok(Shape {
            // Sorted values put equal cells side by side, so that each is counted once.
            sort_values: true,
            value: ValueKind::Table(plan.schema(plan.columns())),
            columns: Columns::Named(plan.columns().to_vec()),
            ..shape
        })
    })
}

/// Names the columns of the result as in the input, if a parameter names them by numbers.
fn bind(params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
    let lists = ["key", "sum", "min", "max", "mean", "distinct"];
    let plan = ColumnPlan::of(params)?;
    let Some(actual) = actual_names(plan.columns(), columns) else {
        return Ok(None);
    };
    let is_repeated = distinct_names([&actual]).len() < actual.len();
    let (params, schema) = match is_repeated {
        // Parameters that name a column in two ways, such as `1` and `city`, read it twice. They stay as they are, so that
        // the positions of the columns stay the same too.
        true => (Some(params.clone()), Some(plan.schema(&actual))),
        false => (
            with_actual_names(params, &lists, plan.columns(), columns),
            None,
        ),
    };
    Ok(params.map(|params| Binding {
        columns: columns.to_vec(),
        schema,
        params,
    }))
}

/// Greatest size of the groups in memory, in bytes. More are emitted early. The frequent groups fit a core's
/// second-level cache.
const MAX_GROUP_BYTES: usize = 8 << 20;

/// Aggregates the numbers of each group in memory, and emits distinct cells as separate values.
#[derive(Default)]
struct GroupBy {
    plan: ColumnPlan,
    groups: HashMap<Vec<u8>, Aggregate>,
    bytes: usize,
    key: Vec<u8>,
    value: Vec<u8>,
    rejected: RejectedCells,
}

impl GroupBy {
    fn flush(&mut self, out: &mut Emitter<'_, '_, [u8], [u8]>) {
        for (key, aggregate) in self.groups.drain() {
            self.value.clear();
            aggregate.put(&mut self.value);
            out.emit(&key, &self.value);
        }
        self.bytes = 0;
    }
}

impl Mapper for GroupBy {
    type Key = [u8];
    type Value = [u8];

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.plan = ColumnPlan::of(&context.params)?;
        self.rejected = RejectedCells::new(context);
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, [u8], [u8]>,
    ) -> Result<(), JobError> {
        self.key.clear();
        put_key(record, self.plan.keys(), &mut self.key);
        for (nth, column) in self.plan.distinct().iter().enumerate() {
            let cell = record.field(*column).unwrap_or_default();
            if !cell.is_empty() {
                self.value.clear();
                put_cell(nth, cell, &mut self.value);
                out.emit(&self.key, &self.value);
            }
        }
        let (numbers, format) = (self.plan.numbers(), self.plan.format());
        let bytes = &mut self.bytes;
        let aggregate = self.groups.entry_ref(&self.key).or_insert_with(|| {
            *bytes += self.key.len() + Aggregate::size(numbers.len());
            Aggregate::new(numbers.len())
        });
        aggregate.records += 1;
        for (summary, column) in aggregate.numbers.iter_mut().zip(numbers) {
            let cell = record.field(*column).unwrap_or_default().trim_ascii();
            match format.read(cell) {
                Some(number) => summary.add(number),
                None if cell.is_empty() => {}
                None => {
                    let name = &self.plan.columns()[*column];
                    self.rejected.add(name, cell, record);
                }
            }
        }
        if self.bytes > MAX_GROUP_BYTES {
            self.flush(out);
        }
        Ok(())
    }

    fn teardown(&mut self, out: &mut Emitter<'_, '_, [u8], [u8]>) -> Result<(), JobError> {
        self.rejected.log();
        self.flush(out);
        Ok(())
    }
}

/// Merges the aggregates of a group, and removes repeated cells.
#[derive(Debug, Default)]
struct AggregateMerger(Vec<u8>);

impl Combiner for AggregateMerger {
    type Key = [u8];
    type Value = [u8];

    fn combine(
        &mut self,
        _: &[u8],
        values: &mut Values<'_, [u8]>,
        out: &mut Combined<'_, [u8]>,
    ) -> Result<(), JobError> {
        let mut whole: Option<Aggregate> = None;
        self.0.clear();
        while let Some(value) = values.next() {
            // Aggregates sort before all cells.
            if cell_column(value).is_none() {
                merge_into(&mut whole, value)?;
                continue;
            }
            if let Some(whole) = whole.take() {
                whole.put(&mut self.0);
                out.emit(&self.0);
                self.0.clear();
            }
            if self.0 != value {
                self.0.clear();
                self.0.extend_from_slice(value);
                out.emit(value);
            }
        }
        if let Some(whole) = whole {
            whole.put(&mut self.0);
            out.emit(&self.0);
        }
        Ok(())
    }
}

/// Writes the row of each group.
#[derive(Debug, Default)]
struct RowWriter {
    plan: ColumnPlan,
    row: RowCells,
    last: Vec<u8>,
}

impl Reducer for RowWriter {
    type Key = [u8];
    type Value = [u8];
    type OutKey = [u8];
    type OutValue = RowCells;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.plan = ColumnPlan::of(&context.params)?;
        Ok(())
    }

    fn reduce(
        &mut self,
        key: &[u8],
        values: &mut Values<'_, [u8]>,
        out: &mut Rows<'_, [u8], RowCells>,
    ) -> Result<(), JobError> {
        let mut whole = None;
        let mut distinct = vec![0u64; self.plan.distinct().len()];
        self.last.clear();
        while let Some(value) = values.next() {
            let Some(nth) = cell_column(value) else {
                merge_into(&mut whole, value)?;
                continue;
            };
            if self.last != value {
                self.last.clear();
                self.last.extend_from_slice(value);
                let distinct = distinct.get_mut(nth).ok_or_else(corrupt)?;
                *distinct += 1;
            }
        }
        let whole = whole.ok_or_else(corrupt)?;
        self.row.0.clear();
        push_key(key, self.plan.keys(), &mut self.row);
        self.plan.push_fields(&whole, &distinct, &mut self.row)?;
        out.emit(key, &self.row);
        Ok(())
    }
}
