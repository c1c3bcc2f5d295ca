//! Counts lines.

use mapreduce_core::Record;
use mapreduce_core::{Columns, JobError, Param, Shape};
use mapreduce_job::{
    Definition, Emitter, JobInfo, Mapper, Reducer, Rows, TaskContext, Values, define,
};

const INFO: JobInfo = JobInfo::new("line-count", "counts the lines of each file, or of all")
    .params(&[Param {
        name: "total",
        default: Some("false"),
        help: "true: one row for all files, with the key total",
    }])
    .example("logs/ --job line-count --output lines.tsv");

pub(super) fn job() -> Definition {
    let job = define(INFO).mapper(LineCount::default).reducer(|| Total);
    job.shape(|params, shape| {
        params.value("total", false)?;
        Ok(Shape {
            columns: Columns::Line,
            unique_keys: true,
            ..shape
        })
    })
}

/// The path of the input file of an attempt below its input; of an input that is a file, its name. With several inputs
/// the input's name, as the master was given it, is before the path, or is the name: two inputs may have files of the
/// same name.
pub(super) fn file_name(context: &TaskContext) -> String {
    let input = context.input_names.get(usize::from(context.input()));
    if let (Some(input), Some(split)) = (input, &context.split) {
        return match split.file.path.as_str() {
            "" => input.clone(),
            path => format!("{}/{path}", input.trim_end_matches('/')),
        };
    }
    let planned = context.split.as_ref().map(|split| split.file.path.clone());
    planned.filter(|path| !path.is_empty()).unwrap_or_else(|| {
        let name = context.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    })
}

#[derive(Debug, Default)]
struct LineCount {
    name: String,
    lines: u64,
}

impl Mapper for LineCount {
    type Key = str;
    type Value = u64;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.name = match context.params.value("total", false)? {
            true => "total".to_owned(),
            false => file_name(context),
        };
        Ok(())
    }

    #[inline]
    fn map(&mut self, _: &Record<'_>, _: &mut Emitter<'_, '_, str, u64>) -> Result<(), JobError> {
        self.lines += 1;
        Ok(())
    }

    // A split without a line tells so too: an empty file has a row.
    fn teardown(&mut self, out: &mut Emitter<'_, '_, str, u64>) -> Result<(), JobError> {
        out.emit(&self.name, &self.lines);
        Ok(())
    }
}

/// Adds counts up.
#[derive(Debug)]
pub(super) struct Total;

impl Reducer for Total {
    type Key = str;
    type Value = u64;
    type OutKey = str;
    type OutValue = u64;

    fn reduce(
        &mut self,
        key: &str,
        values: &mut Values<'_, u64>,
        out: &mut Rows<'_, str, u64>,
    ) -> Result<(), JobError> {
        let mut sum = 0;
        while let Some(count) = values.next() {
            sum += count;
        }
        out.emit(key, &sum);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{rows, trial};

    #[test]
    fn each_file_has_its_lines_and_the_last_needs_no_end() {
        for splits in 1..4 {
            let trial = trial(job())
                .input("b.txt", "1\n\n3\n4")
                .input("a.csv", "x,y\n1,2\n")
                .splits(splits);
            assert_eq!(rows(&trial.clone().reduces(3)), ["a.csv 2", "b.txt 4"]);
            assert_eq!(rows(&trial.param("total", true)), ["total 6"]);
        }
    }

    #[test]
    fn files_of_one_name_in_two_inputs_are_two() {
        let trial = trial(job()).input_of(0, "f.txt", "1\n");
        let trial = trial.input_of(1, "f.txt", "1\n2\n");
        assert_eq!(rows(&trial), ["0/f.txt 1", "1/f.txt 2"]);
    }

    #[test]
    fn an_input_is_named_as_it_was_given() {
        let name = |input: &str, path: &str| {
            let file = mapreduce_core::InputFile {
                root: 1,
                path: path.to_owned(),
                len: 0,
                modified: 0,
                format: mapreduce_core::FileFormat::Text,
                compression: None,
            };
            let split = mapreduce_core::Split {
                file,
                start: 0,
                end: 0,
                skip: 0,
                line: None,
            };
            file_name(&TaskContext {
                input_names: vec!["other".to_owned(), input.to_owned()],
                split: Some(split),
                ..TaskContext::default()
            })
        };
        assert_eq!(name("logs/", "a.txt"), "logs/a.txt");
        assert_eq!(name("../logs", "a.txt"), "../logs/a.txt");
        assert_eq!(name("logs/a.txt", ""), "logs/a.txt");
        assert_eq!(name("/", "a.txt"), "/a.txt");
    }
}
