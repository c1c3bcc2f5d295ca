//! Finds what is heaviest.

use mapreduce_core::Record;
use mapreduce_core::Tokenizer;
use mapreduce_core::{Columns, JobError, Param, Shape};
use mapreduce_formats::tokenizer::Cutter;
use mapreduce_job::{Counter, Definition, Emitter, JobInfo, Mapper, TaskContext, define};

const INFO: JobInfo = JobInfo::new("top", "finds the k heaviest words, or cells of a column")
    .params(&[
        Param {
            name: "k",
            default: Some("10"),
            help: "how many",
        },
        Param {
            name: "key",
            default: Some(""),
            help: "the column whose cells are weighed; without one, words are",
        },
        Param {
            name: "weight",
            default: Some(""),
            help: "the column with the weights, integers of at least 0; without one, each record weighs 1",
        },
    ])
    .example("sales.csv --job top --param k=3 --param key=product --param weight=units");

pub(super) fn job() -> Definition {
    let job = define(INFO).mapper(Top::default).sum();
    job.shape(|params, shape| {
        let k = params.value("k", 10)?;
        let columns = match (params.get("key"), params.get("weight")) {
            (None, None) => Columns::One,
            (Some(key), None) => Columns::Named(vec![key.to_owned()]),
            (Some(key), Some(weight)) => Columns::Named(vec![key.to_owned(), weight.to_owned()]),
            (None, Some(_)) => {
                return Err(JobError::hopeless(
                    "the parameter weight needs another one: --param key=COLUMN",
                ));
            }
        };
        Ok(Shape {
            columns,
            top: Some(k),
            ..shape
        })
    })
}

struct Top {
    cutter: Cutter,
    weighs: Weighs,
    bad: Counter,
}

/// What is weighed.
enum Weighs {
    Words,
    Cells,
    Weights,
}

impl Default for Top {
    fn default() -> Self {
        Self {
            cutter: Cutter::new(Tokenizer::Words),
            weighs: Weighs::Words,
            bad: Counter::default(),
        }
    }
}

impl Mapper for Top {
    type Key = str;
    type Value = u64;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.cutter = Cutter::new(context.tokenizer);
        self.bad = context.counter("top", "not_a_weight");
        self.weighs = match (context.params.get("key"), context.params.get("weight")) {
            (None, _) => Weighs::Words,
            (_, None) => Weighs::Cells,
            _ => Weighs::Weights,
        };
        Ok(())
    }

    #[inline]
    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, str, u64>,
    ) -> Result<(), JobError> {
        let weight = match self.weighs {
            Weighs::Words => {
                self.cutter.each(*record, |word| out.count(word));
                return Ok(());
            }
            Weighs::Cells => Some(1),
            Weighs::Weights => weight(record.field(1).unwrap_or_default()),
        };
        match (weight, record.field(0)) {
            (Some(weight), Some(key)) => out.emit(utf8(key), &weight),
            (None, _) => self.bad.add(1),
            (_, None) => {}
        }
        Ok(())
    }
}

fn weight(cell: &[u8]) -> Option<u64> {
    std::str::from_utf8(cell.trim_ascii()).ok()?.parse().ok()
}

/// A cell as text. Records are UTF-8, so cells are.
fn utf8(cell: &[u8]) -> &str {
    std::str::from_utf8(cell).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{rows, trial};

    #[test]
    fn the_heaviest_come_first_and_ties_go_by_bytes() {
        let text = "b a c a\nc b d\n";
        let trial = trial(job()).input("a.txt", text).splits(2).reduces(3);
        assert_eq!(rows(&trial.clone().param("k", 2)), ["a 2", "b 2"]);
        assert_eq!(rows(&trial), ["a 2", "b 2", "c 2", "d 1"]);
    }

    #[test]
    fn cells_weigh_what_another_column_says() {
        let table = "name,n,x\na,5,\nb,-1,\nb, 7 ,\na,many,\nc,12,\n";
        let trial = trial(job()).input("a.csv", table).param("key", "name");
        let outcome = trial.clone().param("weight", "n").run().unwrap();
        let expected = [("c", "12"), ("b", "7"), ("a", "5")];
        assert_eq!(outcome.rows, expected.map(|(k, v)| (k.into(), v.into())));
        assert_eq!(outcome.counters["top:not_a_weight"], 2);
        assert_eq!(rows(&trial.param("k", 2).reduces(2)), ["a 2", "b 2"]);
    }

    #[test]
    fn a_weight_without_a_key_is_refused() {
        let error = trial(job()).param("weight", "n").run().unwrap_err();
        assert!(error.to_string().contains("key=COLUMN"), "{error}");
    }
}
