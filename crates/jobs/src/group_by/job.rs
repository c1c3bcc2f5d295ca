//! Groups records by columns and reckons with the numbers of others.

use hashbrown::HashMap;

use mapreduce_core::Record;
use mapreduce_core::{Columns, JobError, Param, Shape, ValueKind};
use mapreduce_job::{
    Combined, Combiner, Counter, Definition, Emitter, JobInfo, Mapper, Reducer, Rows, TaskContext,
    Values, define,
};

use super::partial::Partial;
use super::wanted::Wanted;
use crate::key::{put_key, write_key};
use crate::number::Number;
use crate::placed::{JsonText, Placed};

const fn columns(name: &'static str, help: &'static str) -> Param {
    Param {
        name,
        default: Some(""),
        help,
    }
}

const INFO: JobInfo = JobInfo::new(
    "group-by",
    "groups records by columns: count, sum, min, max, mean, distinct",
)
.params(&[
    Param {
        name: "key",
        default: None,
        help: "the columns that make a group, a,b,…; the key of several is a JSON list",
    },
    Param {
        name: "count",
        default: Some("false"),
        help: "true: the number of records, as count; also if nothing else is asked for",
    },
    columns("sum", "columns whose numbers are added up, as sum_COLUMN"),
    columns("min", "columns whose least number is wanted, as min_COLUMN"),
    columns("max", "columns whose greatest number is wanted, as max_COLUMN"),
    columns("mean", "columns whose mean is wanted, as mean_COLUMN"),
    columns("distinct", "columns whose different cells are counted, as distinct_COLUMN"),
])
.example("sales.csv --job group-by --param key=city,product --param sum=amount --param mean=amount,price");

/// Empty cells are left out of everything but the count of records; what is no number is counted as
/// `group-by:not_a_number` and left out too. Without any number a sum is 0, the others are null.
pub(crate) fn job() -> Definition {
    let job = define(INFO)
        .mapper(GroupBy::default)
        .reducer(Finish::default)
        .combiner(Unite::default);
    job.shape(|params, shape| {
        let wanted = Wanted::of(params)?;
        Ok(Shape {
            // Equal cells, which are to be counted once, lie side by side.
            sort_values: true,
            unique_keys: true,
            value: ValueKind::Record(wanted.names()),
            columns: Columns::Named(wanted.columns().to_vec()),
            ..shape
        })
    })
}

/// What the groups in memory may take before they are emitted, in bytes: a core's second-level cache holds the
/// lively ones.
const MOST: usize = 8 << 20;

#[derive(Default)]
struct GroupBy {
    wanted: Wanted,
    groups: HashMap<Vec<u8>, Partial>,
    bytes: usize,
    key: Vec<u8>,
    value: Vec<u8>,
    not_a_number: Counter,
}

impl GroupBy {
    fn flush(&mut self, out: &mut Emitter<'_, '_, [u8], [u8]>) {
        for (key, partial) in self.groups.drain() {
            self.value.clear();
            partial.put(&mut self.value);
            out.emit(&key, &self.value);
        }
        self.bytes = 0;
    }
}

impl Mapper for GroupBy {
    type Key = [u8];
    type Value = [u8];

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.wanted = Wanted::of(&context.params)?;
        self.not_a_number = context.counter("group-by", "not_a_number");
        Ok(())
    }

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, [u8], [u8]>,
    ) -> Result<(), JobError> {
        self.key.clear();
        put_key(record, self.wanted.keys(), &mut self.key);
        for (nth, column) in self.wanted.distinct().iter().enumerate() {
            let cell = record.field(*column).unwrap_or_default();
            if !cell.is_empty() {
                self.value.clear();
                super::partial::put_cell(nth, cell, &mut self.value);
                out.emit(&self.key, &self.value);
            }
        }
        let numbers = self.wanted.numbers();
        let bytes = &mut self.bytes;
        let partial = self.groups.entry_ref(&self.key).or_insert_with(|| {
            *bytes += self.key.len() + Partial::size(numbers.len());
            Partial::new(numbers.len())
        });
        partial.records += 1;
        for (summary, column) in partial.numbers.iter_mut().zip(numbers) {
            let cell = record.field(*column).unwrap_or_default().trim_ascii();
            match Number::read(cell) {
                Some(number) => summary.add(number),
                None if cell.is_empty() => {}
                None => self.not_a_number.add(1),
            }
        }
        if self.bytes > MOST {
            self.flush(out);
        }
        Ok(())
    }

    fn teardown(&mut self, out: &mut Emitter<'_, '_, [u8], [u8]>) -> Result<(), JobError> {
        self.flush(out);
        Ok(())
    }
}

/// Makes one value of what was reckoned so far, and leaves each cell once.
#[derive(Debug, Default)]
struct Unite(Vec<u8>);

impl Combiner for Unite {
    type Key = [u8];
    type Value = [u8];

    fn combine(
        &mut self,
        _: &[u8],
        values: &mut Values<'_, [u8]>,
        out: &mut Combined<'_, [u8]>,
    ) -> Result<(), JobError> {
        let mut whole: Option<Partial> = None;
        self.0.clear();
        while let Some(value) = values.next() {
            // What was reckoned sorts below all cells.
            if super::partial::cell(value).is_none() {
                super::partial::unite(&mut whole, value)?;
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

/// Tells what was reckoned.
#[derive(Debug, Default)]
struct Finish {
    wanted: Wanted,
    key: Placed,
    last: Vec<u8>,
}

impl Reducer for Finish {
    type Key = [u8];
    type Value = [u8];
    type OutKey = Placed;
    type OutValue = JsonText;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.wanted = Wanted::of(&context.params)?;
        Ok(())
    }

    fn reduce(
        &mut self,
        key: &[u8],
        values: &mut Values<'_, [u8]>,
        out: &mut Rows<'_, Placed, JsonText>,
    ) -> Result<(), JobError> {
        let mut whole = None;
        let mut different = vec![0u64; self.wanted.distinct().len()];
        self.last.clear();
        while let Some(value) = values.next() {
            let Some(nth) = super::partial::cell(value) else {
                super::partial::unite(&mut whole, value)?;
                continue;
            };
            if self.last != value {
                self.last.clear();
                self.last.extend_from_slice(value);
                let different = different.get_mut(nth).ok_or_else(super::partial::broken)?;
                *different += 1;
            }
        }
        let whole = whole.ok_or_else(super::partial::broken)?;
        let mut text = Vec::new();
        self.wanted.write(&whole, &different, &mut text)?;
        self.key.order.clear();
        self.key.order.extend_from_slice(key);
        self.key.text.clear();
        write_key(key, self.wanted.keys(), &mut self.key.text);
        out.emit(&self.key, &JsonText(text));
        Ok(())
    }
}
