//! Counts the words of each length.

use std::process::ExitCode;

use mapreduce::{
    Definition, Emitter, JobError, JobInfo, Mapper, Record, Reducer, Registry, Rows, Values, define,
};

/// Emits the length of each word, with the count 1.
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

/// Adds up the counts of each length.
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
        counts: &mut Values<'_, u64>,
        out: &mut Rows<'_, u64, u64>,
    ) -> Result<(), JobError> {
        let mut total = 0;
        while let Some(count) = counts.next() {
            total += count;
        }
        out.emit(&length, &total);
        Ok(())
    }
}

fn job() -> Definition {
    let info = JobInfo::new("word-lengths", "counts the words of each length");
    define(info).mapper(|| Lengths).reducer(|| Total)
}

fn registry() -> Registry {
    let mut registry = mapreduce::registry(); // the built-in jobs
    registry.add(job());
    registry
}

fn main() -> ExitCode {
    mapreduce::main(registry())
}
