//! Counts numbers by buckets.

use std::collections::BTreeMap;

use mapreduce_core::Record;
use mapreduce_core::{Columns, JobError, Param, Params, Shape};
use mapreduce_job::{
    Counter, Datum, Definition, Emitter, JobInfo, Mapper, Reducer, Rows, TaskContext, Values,
    define,
};

use super::buckets::Buckets;
use crate::number::Number;
use crate::placed::Placed;

const INFO: JobInfo = JobInfo::new("histogram", "counts the numbers of a column by buckets")
    .params(&[
        Param {
            name: "column",
            default: Some(""),
            help: "the column; without one, the record is the number",
        },
        Param {
            name: "width",
            default: Some("1"),
            help: "the width of a bucket; the result has the lower bounds, which belong to their buckets",
        },
        Param {
            name: "log2",
            default: Some("false"),
            help: "true: buckets between powers of two instead, told by the power that is nearer to 0",
        },
    ])
    .example("sales.csv --job histogram --param column=price --param width=0.5");

pub(crate) fn job() -> Definition {
    let job = define(INFO)
        .mapper(Histogram::default)
        .reducer(AddUp::default);
    job.shape(|params, shape| {
        Buckets::of(params)?;
        Ok(Shape {
            columns: columns(params),
            unique_keys: true,
            ..shape
        })
    })
}

fn columns(params: &Params) -> Columns {
    match params.get("column") {
        Some(column) => Columns::Named(vec![column.to_owned()]),
        None => Columns::One,
    }
}

/// The buckets of a split are few: they are counted here, and emitted once. More of them are emitted in between.
const MOST: usize = 1 << 16;

#[derive(Debug, Default)]
struct Histogram {
    buckets: Buckets,
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
        let Some(number) = Number::read(cell) else {
            self.not_a_number.add(1);
            return Ok(());
        };
        match self.buckets.find(number, cell) {
            Some(bucket) => *self.counts.entry(bucket).or_default() += 1,
            None => self.out_of_range.add(1),
        }
        if self.counts.len() > MOST {
            self.flush(out);
        }
        Ok(())
    }

    fn teardown(&mut self, out: &mut Emitter<'_, '_, i64, u64>) -> Result<(), JobError> {
        self.flush(out);
        Ok(())
    }
}

#[derive(Debug, Default)]
struct AddUp(Buckets);

impl Reducer for AddUp {
    type Key = i64;
    type Value = u64;
    type OutKey = Placed;
    type OutValue = u64;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.0 = Buckets::of(&context.params)?;
        Ok(())
    }

    fn reduce(
        &mut self,
        bucket: i64,
        values: &mut Values<'_, u64>,
        out: &mut Rows<'_, Placed, u64>,
    ) -> Result<(), JobError> {
        let mut sum = 0;
        while let Some(count) = values.next() {
            sum += count;
        }
        let mut order = Vec::new();
        bucket.put(&mut order);
        let text = self.0.lower_bound(bucket).into_bytes();
        out.emit(&Placed { order, text }, &sum);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{always, trial};

    #[test]
    fn buckets_come_by_size_and_hold_their_lower_bounds() {
        let text = "9\n10\n-1\n-10\n-11\n0\n19.99\n\nx\n1e30\n";
        let trial = trial(job()).input("n.txt", text).param("width", 10);
        assert_eq!(always(&trial), ["-20 1", "-10 2", "0 2", "10 2"]);
        let counters = trial.run().unwrap().counters;
        assert_eq!(counters["histogram:not_a_number"], 1);
        assert_eq!(counters["histogram:out_of_range"], 1);
    }

    #[test]
    fn decimal_widths_are_exact() {
        let table = "name,price\na,0.3\nb,0.7\nc,0.29999\nd,-0.05\ne,1e-40\n";
        let trial = trial(job()).input("n.csv", table);
        let trial = trial.param("column", "price").param("width", "0.1");
        assert_eq!(
            always(&trial),
            ["-0.1 1", "0.0 1", "0.2 1", "0.3 1", "0.7 1"]
        );
    }

    #[test]
    fn a_number_has_one_bucket_however_it_is_spelt() {
        let text = "3e-1\n0.3\n.3\n+0.30000000000000000000001\n30E-2\n0.3000000000000000000000\n0.0003e3\n";
        let trial = trial(job()).input("n.txt", text).param("width", "0.1");
        assert_eq!(always(&trial), ["0.3 7"]);
        let text = "0.2999999999999999999999999\n-1e-30\n-0\n1e-400\n7e-1\n1e17\n-3e-1\n-0.30000000000000000001\n";
        let trial = trial.input("m.txt", text).param("width", "1e-1");
        let expected = [
            "-0.4 1",
            "-0.3 1",
            "-0.1 1",
            "0.0 2",
            "0.2 1",
            "0.3 7",
            "0.7 1",
            "100000000000000000.0 1",
        ];
        assert_eq!(always(&trial), expected);
    }

    #[test]
    fn powers_below_the_least_normal_number_have_names_of_their_own() {
        let powers = [-1074, -1073, -1050, -1023, -1022, -1021, -150, 128, 900];
        let number = |power: i32| match power {
            ..-1022 => f64::from_bits(1 << (power + 1074)),
            _ => 2f64.powi(power),
        };
        let text: String = powers
            .iter()
            .map(|power| format!("{:e}\n", number(*power) * 1.5))
            .collect();
        // Half of the least number is none: times one and a half it is the next.
        let text = text.replacen("1e-323", "5e-324", 1);
        let trial = trial(job()).input("n.txt", text).param("log2", true);
        let expected: Vec<_> = powers
            .iter()
            .map(|power| format!("{} 1", number(*power)))
            .collect();
        assert_eq!(always(&trial), expected);
    }

    #[test]
    fn powers_of_two_bound_buckets_on_both_sides_of_0() {
        let text = "0\n1\n1.9\n2\n-3\n-0.3\n0.5\n9223372036854775807\n9223372036854775808\n";
        let trial = trial(job()).input("n.txt", text).param("log2", true);
        let expected = [
            "-2 1",
            "-0.25 1",
            "0 1",
            "0.5 1",
            "1 2",
            "2 1",
            "4611686018427387904 1",
            "9223372036854775808 1",
        ];
        assert_eq!(always(&trial), expected);
    }

    #[test]
    fn a_width_that_is_none_is_refused() {
        for width in ["0", "-1", "x", "nan"] {
            let error = trial(job()).param("width", width).run().unwrap_err();
            assert!(error.to_string().contains("width"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn integers_are_counted_as_by_division(
            numbers in prop::collection::vec(any::<i64>(), 1..50), width in 1i64..1 << 59,
        ) {
            let mut expected = BTreeMap::new();
            for number in &numbers {
                let bound = i128::from(number.div_euclid(width)) * i128::from(width);
                *expected.entry(bound).or_insert(0) += 1;
            }
            let text: String = numbers.iter().map(|number| format!("{number}\n")).collect();
            let trial = trial(job()).input("n.txt", text).param("width", width);
            let expected: Vec<_> = expected.iter().map(|(k, v)| format!("{k} {v}")).collect();
            prop_assert_eq!(always(&trial), expected);
        }
    }
}
