//! Finds, counts or estimates what is different.
//!
//! Different values meet in one reduce task if they are to be counted exactly: only there it is known how many there
//! are. What reaches it has been made different by each map task before, and it needs no memory for the values, which
//! come sorted. `mode=list` spreads the values over all reduce tasks: for very many, its rows are the count.

use mapreduce_core::{Columns, JobError, Param, Params, Shape, ValueKind};
use mapreduce_job::{Job, JobInfo, MapTask, TaskContext};
use mapreduce_shuffle::{CombineTask, ReduceTask};

use super::exact::{Forget, Gather, List, Number};

const INFO: JobInfo = JobInfo::new("distinct", "counts, estimates or lists different values")
    .params(&[
        Param {
            name: "columns",
            default: Some(""),
            help: "the columns whose cells together are a value, a,b,…; without, the record is one",
        },
        Param {
            name: "mode",
            default: Some("exact"),
            help: "exact: their number; estimate: about, by HyperLogLog (within 1 % in two of three cases); list: all",
        },
    ])
    .example("visits.csv --job distinct --param columns=user --param mode=estimate");

pub(crate) fn job() -> Distinct {
    Distinct
}

pub(crate) struct Distinct;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Exact,
    #[cfg(feature = "sketches")]
    Estimate,
    List,
}

impl Mode {
    fn of(params: &Params) -> Result<Self, JobError> {
        match params.get("mode") {
            None | Some("exact") => Ok(Self::Exact),
            #[cfg(feature = "sketches")]
            Some("estimate") => Ok(Self::Estimate),
            #[cfg(not(feature = "sketches"))]
            Some("estimate") => Err(JobError::hopeless(
                "the parameter mode=estimate needs a program that was built with --features sketches",
            )),
            Some("list") => Ok(Self::List),
            Some(other) => Err(JobError::hopeless(format!(
                "the parameter mode={other} must be exact, estimate or list"
            ))),
        }
    }
}

impl Mode {
    /// Returns whether map tasks drop repeated values. A sketch needs no combiner.
    fn combines(self) -> bool {
        matches!(self, Self::Exact | Self::List)
    }
}

impl Job for Distinct {
    fn info(&self) -> &JobInfo {
        &INFO
    }

    fn shape(&self, params: &Params) -> Result<Shape, JobError> {
        params.check(INFO.params)?;
        let mode = Mode::of(params)?;
        let columns = params.list("columns");
        let kind = match mode {
            Mode::List => ValueKind::Nothing,
            _ => ValueKind::Number,
        };
        Ok(Shape {
            columns: match columns.is_empty() {
                true => Columns::One,
                false => Columns::Named(columns),
            },
            reduces: (mode != Mode::List).then_some(1),
            combine: mode.combines(),
            unique_keys: true,
            ..Shape::groups(kind)
        })
    }

    fn mapper(&self, context: &TaskContext) -> Result<Box<dyn MapTask>, JobError> {
        let columns = context.params.list("columns").len();
        Ok(match Mode::of(&context.params)? {
            #[cfg(feature = "sketches")]
            Mode::Estimate => Box::new(super::estimate::Gather::new(columns)?),
            _ => Box::new(Gather::new(columns)),
        })
    }

    fn combiner(&self, context: &TaskContext) -> Result<Option<Box<dyn CombineTask>>, JobError> {
        let combines = Mode::of(&context.params)?.combines();
        Ok(combines.then(|| Box::new(Forget) as Box<dyn CombineTask>))
    }

    fn reducer(&self, context: &TaskContext) -> Result<Box<dyn ReduceTask>, JobError> {
        Ok(match Mode::of(&context.params)? {
            Mode::Exact => Box::new(Number::default()),
            #[cfg(feature = "sketches")]
            Mode::Estimate => Box::new(super::estimate::Unite::new()?),
            Mode::List => Box::new(List::new(context.params.list("columns").len())),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::tests::{always, trial};

    #[test]
    fn values_of_several_columns_are_different_if_one_is() {
        let table = "a,b,c\n1,x,p\n1,x,q\n1,y,p\n\"1,x\",,\n";
        let trial = trial(job()).input("t.csv", table).param("columns", "b,a");
        assert_eq!(always(&trial), ["distinct 3"]);
        let list = trial.param("mode", "list");
        assert_eq!(
            always(&list),
            [r#"["","1,x"]"#, r#"["x","1"]"#, r#"["y","1"]"#]
        );
    }

    #[test]
    fn nothing_has_no_different_values() {
        for mode in ["exact", "estimate"] {
            let trial = trial(job()).input("t.txt", "").param("mode", mode);
            assert_eq!(always(&trial), ["distinct 0"], "{mode}");
        }
    }

    #[test]
    fn an_estimate_is_near_and_does_not_depend_on_the_splits() {
        for different in [1u64, 7, 100, 5_000, 60_000] {
            let text: String = (0..different * 2)
                .map(|n| format!("v{}\n", n % different))
                .collect();
            let trial = trial(job()).input("t.txt", text).param("mode", "estimate");
            let rows = always(&trial);
            let estimate: u64 = rows[0].split_once(' ').unwrap().1.parse().unwrap();
            assert!(
                estimate.abs_diff(different) * 100 <= different * 4,
                "{estimate}, not {different}"
            );
        }
    }

    proptest! {
        #[test]
        fn exact_is_what_a_set_holds(lines in prop::collection::vec("[a-c]{0,3}", 0..60)) {
            let set: BTreeSet<_> = lines.iter().cloned().collect();
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let trial = trial(job()).input("t.txt", text);
            prop_assert_eq!(always(&trial), [format!("distinct {}", set.len())]);
            prop_assert_eq!(always(&trial.param("mode", "list")), Vec::from_iter(set));
        }
    }
}
