//! A user's word count through the job interface against the built-in one.

use anyhow::Context;

use super::contest::{self, Check, Entrant};
use super::setup::Setup;
use crate::goal::Goal;
use crate::report::Report;
use devtools::workspace::build_example;

/// Goal for the ratio of the wall times.
const GOAL: f64 = 1.10;

pub(super) fn run(setup: &Setup, report: &mut Report) -> anyhow::Result<()> {
    let entrant = |job: &str| {
        let args = "--format csv --column text --tokenizer spaces --job";
        let args: Vec<&str> = args.split(' ').chain([job]).collect();
        Entrant::ours(setup, job, setup.slots, &setup.table, &args)
    };
    // The example is the program with the user's jobs.
    let example = build_example("bench", "generic_word_count")?;
    let entrants = [
        entrant("word-count")?,
        entrant("generic-word-count")?.by(example.clone()),
        entrant("split-word-count")?.by(example),
    ];
    let series = contest::run(setup, &entrants, Check::Equal)?;
    report.text(
        "Word count of the CSV by three jobs: the built-in one, a mapper that emits the words of a tokenizer as bytes, and a \
         mapper that splits by `str::split(' ')` and emits text. Their results are equal byte for byte:",
    );
    report.table(&contest::table(&series, 0, None));
    let ratio = series[1].ratio(&series[0]).context("no round")?;
    report.goal(Goal::at_most(
        "word count through the job interface / built-in, wall time",
        ratio.median,
        GOAL,
        "",
        &ratio.range(2),
    ));
    Ok(())
}
