//! Mapper and reducer of the job `histogram`.

use std::collections::BTreeMap;

use mapreduce_core::{CellType, Columns, JobError, Record, Schema, Shape, ValueKind};
use mapreduce_job::{
    Counter, Definition, Emitter, JobInfo, JobParams, Mapper, Reducer, Rows, TaskContext, Values,
    define,
};

use super::buckets::Buckets;
use super::params::HistogramParams;
use crate::column_name::ColumnName;
use crate::number::{Number, NumberFormat};
use crate::row_cells::RowCells;

const INFO: JobInfo = JobInfo::new("histogram", "counts the numbers of a column by buckets")
    .params(HistogramParams::PARAMS)
    .example("sales.csv --job histogram --param column=price --param width=0.5");

pub(crate) fn job() -> Definition {
    let job = define(INFO)
        .mapper(Histogram::default)
        .reducer(BucketSum::default);
    job.shape(|params, shape| {
        Buckets::of(params)?;
        let params = HistogramParams::read(params)?;
        params.format()?;
        Ok(Shape {
            columns: match params.column {
                Some(ColumnName(column)) => Columns::Named(vec![column]),
                None => Columns::Configured,
            },
            value: ValueKind::Table(Schema::new([
                ("bucket", CellType::Number),
                ("count", CellType::Integer),
            ])),
            ..shape
        })
    })
}

/// Number of buckets that a map task counts in memory. Most splits have fewer and emit each bucket once.
const MAX_BUCKETS: usize = 1 << 16;

/// Counts the numbers of a split by bucket.
#[derive(Debug, Default)]
struct Histogram {
    buckets: Buckets,
    format: NumberFormat,
    counts: BTreeMap<i64, u64>,
    not_a_number: Counter,
    out_of_range: Counter,
}

impl Histogram {
    fn flush(&mut self, out: &mut Emitter<'_, '_, i64, u64>) {
        for (bucket, count) in std::mem::take(&mut self.counts) {
            out.emit(&bucket, &count);
        }
    }
}

impl Mapper for Histogram {
    type Key = i64;
    type Value = u64;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.buckets = Buckets::of(&context.params)?;
        self.format = HistogramParams::read(&context.params)?.format()?;
        self.not_a_number = context.counter("histogram", "not_a_number");
        self.out_of_range = context.counter("histogram", "out_of_range");
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, i64, u64>,
    ) -> Result<(), JobError> {
        let cell = record.field(0).unwrap_or_default().trim_ascii();
        if cell.is_empty() {
            return Ok(());
        }
        let plain = self.format.plain(cell);
        let number = plain
            .as_deref()
            .and_then(|plain| Some((Number::read(plain)?, plain)));
        let Some((number, plain)) = number else {
            self.not_a_number.add(1);
            return Ok(());
        };
        match self.buckets.find(number, plain) {
            Some(bucket) => *self.counts.entry(bucket).or_default() += 1,
            None => self.out_of_range.add(1),
        }
        if self.counts.len() > MAX_BUCKETS {
            self.flush(out);
        }
        Ok(())
    }

    fn teardown(&mut self, out: &mut Emitter<'_, '_, i64, u64>) -> Result<(), JobError> {
        self.flush(out);
        Ok(())
    }
}

/// Sums the counts of a bucket.
#[derive(Debug, Default)]
struct BucketSum(Buckets);

impl Reducer for BucketSum {
    type Key = i64;
    type Value = u64;
    type OutKey = i64;
    type OutValue = RowCells;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.0 = Buckets::of(&context.params)?;
        Ok(())
    }

    fn reduce(
        &mut self,
        bucket: i64,
        values: &mut Values<'_, u64>,
        out: &mut Rows<'_, i64, RowCells>,
    ) -> Result<(), JobError> {
        let mut sum = 0;
        while let Some(count) = values.next() {
            sum += count;
        }
        let mut row = RowCells::default();
        row.push(self.0.lower_bound(bucket).as_bytes());
        row.push_count(sum);
        out.emit(&bucket, &row);
        Ok(())
    }
}
