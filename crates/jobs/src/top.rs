//! The job `top`: finds the keys with the greatest weights.

use mapreduce_core::column_names::join_list;
use mapreduce_core::{Columns, JobError, Params, Record, Shape, Tokenizer};
use mapreduce_formats::tokenizer::WordTokenizer;
use mapreduce_job::{
    Binding, Counter, Definition, Emitter, JobInfo, JobParams, Mapper, TaskContext, define,
    job_params,
};

use crate::column_name::ColumnName;
use crate::key::{actual_names, result_name};

const INFO: JobInfo = JobInfo::new(
    "top",
    "finds the k most frequent words or cells, or those with the greatest total weight",
)
.params(TopParams::PARAMS)
.example("sales.csv --job top --param k=3 --param key=product --param weight=units");

job_params! {
    /// Parameters of the job.
    struct TopParams {
        /// number of rows
        k: u64 = "10",
        /// column whose cells are ranked; if not set, words are ranked
        key: Option<ColumnName> = "",
        /// /// column with the weight of each record, a non-negative integer; if not set, each record has weight 1
        weight: Option<ColumnName> = "",
    }
}

pub(super) fn job() -> Definition {
    let job = define(INFO).mapper(Top::default).sum();
    job.bind(bind).shape(|params, shape| {
        let TopParams { k, key, weight } = TopParams::read(params)?;
        let [key, weight] = [key, weight].map(|column| column.map(|ColumnName(name)| name));
        let key_name = key.as_deref().map_or("word".to_owned(), result_name);
        let value_name = match &weight {
            Some(weight) => format!("sum_{}", result_name(weight)),
            None => "count".to_owned(),
        };
        let columns = match (key, weight) {
            (None, None) => Columns::Configured,
            (Some(key), None) => Columns::Named(vec![key]),
            (Some(key), Some(weight)) => Columns::Named(vec![key, weight]),
            (None, Some(_)) => {
                return Err(JobError::permanent(
                    "the parameter weight needs a key; add --param key=COLUMN",
                ));
            }
        };
        Ok(Shape {
            columns,
            top: Some(k),
            key_name,
            value_name,
            json_object: false,
            ..shape
        })
    })
}

/// Names the columns of the result as in the input, if a parameter names them by numbers.
fn bind(params: &Params, columns: &[Vec<String>]) -> Result<Option<Binding>, JobError> {
    let given = TopParams::read(params)?;
    let requested = given.key.into_iter().chain(given.weight);
    let requested: Vec<_> = requested.map(|ColumnName(name)| name).collect();
    let Some(names) = actual_names(&requested, columns) else {
        return Ok(None);
    };
    let mut params = params.clone();
    for (parameter, name) in ["key", "weight"].into_iter().zip(names) {
        params.set(parameter, join_list(&[name]));
    }
    Ok(Some(Binding {
        columns: columns.to_vec(),
        schema: None,
        params,
    }))
}

struct Top {
    tokenizer: WordTokenizer,
    unit: Unit,
    invalid_weights: Counter,
}

/// Unit that is weighed.
enum Unit {
    /// Words of a record, each with the weight 1.
    Words,
    /// Cells of the key column, each with the weight 1.
    Cells,
    /// Cells of the key column, with the weights of the other column.
    WeightedCells,
}

impl Default for Top {
    fn default() -> Self {
        Self {
            tokenizer: WordTokenizer::new(Tokenizer::Words),
            unit: Unit::Words,
            invalid_weights: Counter::default(),
        }
    }
}

impl Mapper for Top {
    type Key = [u8];
    type Value = u64;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.tokenizer = WordTokenizer::new(context.tokenizer);
        self.invalid_weights = context.counter("top", "not_a_weight");
        let params = TopParams::read(&context.params)?;
        self.unit = match (params.key, params.weight) {
            (None, _) => Unit::Words,
            (_, None) => Unit::Cells,
            _ => Unit::WeightedCells,
        };
        Ok(())
    }

    #[inline]
    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, [u8], u64>,
    ) -> Result<(), JobError> {
        let weight = match self.unit {
            Unit::Words => {
                self.tokenizer.each(*record, |word| out.count(word));
                return Ok(());
            }
            Unit::Cells => Some(1),
            Unit::WeightedCells => weight(record.field(1).unwrap_or_default()),
        };
        match (weight, record.field(0)) {
            (Some(weight), Some(key)) => out.emit(key, &weight),
            (None, _) => self.invalid_weights.add(1),
            (_, None) => {}
        }
        Ok(())
    }
}

fn weight(cell: &[u8]) -> Option<u64> {
    std::str::from_utf8(cell.trim_ascii()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{rows, trial};

    #[test]
    fn rows_sort_by_weight_then_by_the_bytes_of_the_key() {
        let text = "b a c a\nc b d\n";
        let trial = trial(job()).input("a.txt", text).splits(2).reduces(3);
        assert_eq!(rows(&trial.clone().param("k", 2)), ["a 2", "b 2"]);
        assert_eq!(rows(&trial), ["a 2", "b 2", "c 2", "d 1"]);
    }

    #[test]
    fn the_weight_column_sets_the_weights_of_cells() {
        let table = "name,n,x\na,5,\nb,-1,\nb, 7 ,\na,many,\nc,12,\n";
        let trial = trial(job()).input("a.csv", table).param("key", "name");
        let outcome = trial.clone().param("weight", "n").run().unwrap();
        let expected = [("c", "12"), ("b", "7"), ("a", "5")];
        assert_eq!(outcome.rows, expected.map(|(k, v)| (k.into(), v.into())));
        assert_eq!(outcome.counters["top:not_a_weight"], 2);
        assert_eq!(rows(&trial.param("k", 2).reduces(2)), ["a 2", "b 2"]);
    }

    #[test]
    fn columns_of_the_result_have_the_names_of_the_input() {
        let table = "name,n\na,5\nb,7\n";
        let trial = trial(job()).input("a.csv", table).param("key", 1);
        assert_eq!(trial.run().unwrap().csv(), "name,count\na,1\nb,1\n");
        let weighted = trial.param("weight", 2).run().unwrap();
        assert_eq!(weighted.csv(), "name,sum_n\nb,7\na,5\n");
    }

    #[test]
    fn cells_that_differ_in_bytes_are_different_keys() {
        let table = b"name,n\ncaf\xe9,1\ncaf\xe8,2\ncaf\xe9,5\n";
        let trial = trial(job()).input("a.csv", table).param("key", "name");
        assert_eq!(rows(&trial), ["caf\u{fffd} 2", "caf\u{fffd} 1"]);
        let weighted = trial.param("weight", "n").splits(2);
        assert_eq!(rows(&weighted), ["caf\u{fffd} 6", "caf\u{fffd} 2"]);
    }

    #[test]
    fn names_of_columns_may_be_in_quotes() {
        let table = "\" a, b \",\"\"\nx,5\ny,7\n";
        let trial = trial(job()).input("a.csv", table);
        let trial = trial.param("key", "\" a, b \"").param("weight", "\"\"");
        let expected = "\" a, b \",sum_\ny,7\nx,5\n";
        assert_eq!(trial.run().unwrap().csv(), expected);
    }

    #[test]
    fn a_weight_column_without_a_key_column_is_rejected() {
        let error = trial(job()).param("weight", "n").run().unwrap_err();
        assert!(error.to_string().contains("key=COLUMN"), "{error}");
    }
}
