//! A user's word count, through the traits, against the one that comes along.

use anyhow::Context;

use super::Setting;
use super::contest::{self, Check, Entrant};
use crate::bench::goal::Goal;
use crate::bench::report::Report;
use crate::workspace::build_example;

const GOAL: f64 = 1.10;

pub(super) fn run(setting: &Setting, report: &mut Report) -> anyhow::Result<()> {
    let entrant = |job: &str| {
        let args = "--format csv --column text --tokenizer spaces --job";
        let args: Vec<&str> = args.split(' ').chain([job]).collect();
        Entrant::ours(setting, job, setting.slots, &setting.table, &args)
    };
    // The program with the user's jobs.
    let example = build_example("generic_word_count")?;
    let entrants = [
        entrant("word-count")?,
        entrant("generic-word-count")?.by(example.clone()),
        entrant("split-word-count")?.by(example),
    ];
    let series = contest::run(setting, &entrants, Check::Equal)?;
    report.text(
        "Word count of the CSV: the one that comes along; a mapper that emits the words of a tokenizer as bytes; one \
         that cuts by `str::split(' ')` and emits texts. Their results are equal, byte for byte:",
    );
    report.table(&contest::table(&series, 0, None));
    let ratio = series[1].ratio(&series[0]).context("no round")?;
    report.goal(Goal::at_most(
        "word count through the traits / built in, wall time",
        ratio.median,
        GOAL,
        "",
        &ratio.range(2),
    ));
    Ok(())
}
