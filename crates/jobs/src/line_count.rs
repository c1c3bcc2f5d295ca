//! The job `line-count`: counts lines.

use mapreduce_core::{Columns, JobError, Record, Shape};
use mapreduce_job::{
    Definition, Emitter, JobInfo, JobParams, Mapper, Reducer, Rows, TaskContext, Values, define,
    job_params,
};

use crate::input_name::file_name;

const INFO: JobInfo = JobInfo::new(
    "line-count",
    "counts the lines of each file, or of all files together",
)
.params(LineCountParams::PARAMS)
.example("logs/ --job line-count --output lines.tsv");

job_params! {
    /// Parameters of the job.
    struct LineCountParams {
        /// true: one row for all files, with the key total
        total: bool = "false",
    }
}

pub(super) fn job() -> Definition {
    let job = define(INFO).mapper(LineCount::default).reducer(|| Total);
    job.shape(|params, shape| {
        LineCountParams::read(params)?;
        Ok(Shape {
            columns: Columns::Line,
            key_name: "file".to_owned(),
            value_name: "lines".to_owned(),
            ..shape
        })
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
        self.name = match LineCountParams::read(&context.params)?.total {
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

    // A split without lines emits its 0, so that an empty file has a row.
    fn teardown(&mut self, out: &mut Emitter<'_, '_, str, u64>) -> Result<(), JobError> {
        out.emit(&self.name, &self.lines);
        Ok(())
    }
}

/// Sums the line counts of a file.
#[derive(Debug)]
struct Total;

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
    fn the_lines_of_each_file_are_counted_also_a_last_line_without_a_newline() {
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
    fn files_with_the_same_name_in_two_inputs_have_separate_rows() {
        let trial = trial(job()).input_of(0, "f.txt", "1\n");
        let trial = trial.input_of(1, "f.txt", "1\n2\n");
        assert_eq!(rows(&trial), ["0/f.txt 1", "1/f.txt 2"]);
    }
}
