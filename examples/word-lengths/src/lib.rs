//! How many words there are of each length.

use mapreduce::job::{
    Definition, Emitter, JobError, JobInfo, Mapper, Reducer, Rows, Values, define,
};
use mapreduce::{Record, Registry};

/// From a line to the lengths of its words, with a 1 for each.
#[derive(Debug)]
struct Lengths;

impl Mapper for Lengths {
    type Key = u64;
    type Value = u64;

    fn map(
        &mut self,
        line: &Record<'_>,
        out: &mut Emitter<'_, '_, u64, u64>,
    ) -> Result<(), JobError> {
        for word in line.text().split_whitespace() {
            out.emit(&(word.chars().count() as u64), &1);
        }
        Ok(())
    }
}

/// Adds up the ones of a length.
#[derive(Debug)]
struct Total;

impl Reducer for Total {
    type Key = u64;
    type Value = u64;
    type OutKey = u64;
    type OutValue = u64;

    fn reduce(
        &mut self,
        length: u64,
        ones: &mut Values<'_, u64>,
        out: &mut Rows<'_, u64, u64>,
    ) -> Result<(), JobError> {
        let mut total = 0;
        while let Some(one) = ones.next() {
            total += one;
        }
        out.emit(&length, &total);
        Ok(())
    }
}

/// The job.
pub fn job() -> Definition {
    let info = JobInfo::new("word-lengths", "counts the words of each length");
    define(info).mapper(|| Lengths).reducer(|| Total)
}

/// This job, beside those that come along.
pub fn registry() -> Registry {
    let mut registry = streaming::registry();
    registry.add(job());
    registry
}
