//! The part `empty-tasks`: what a task costs that has nothing to count, by the example `empty_tasks`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::Args;
use super::cluster::in_commands;
use super::figures::Spread;
use super::goal::Goal;
use super::report::Report;
use super::system::Aggregate;
use super::table::Table;
use crate::packages::ensure_redis;
use crate::workspace::{build_example, describe};

const TASKS: u32 = 100_000;
const ROUNDS: usize = 3;
/// The goal, in tasks a second.
const GOAL: f64 = 10_000.0;

pub(super) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    let example = build_example("empty_tasks")?;
    let slots = args.threads();
    let mut figures = Vec::new();
    for _ in 0..ROUNDS {
        figures.push(round(&example, slots, args.aggregate)?);
    }

    report.section(
        "Empty tasks",
        &format!(
            "{TASKS} tasks without input, one worker with {slots} slots, one Redis; {ROUNDS} rounds"
        ),
    );
    let spread = |name: &str| {
        let values: Vec<f64> = figures
            .iter()
            .filter_map(|round| round[name].as_f64())
            .collect();
        Spread::of(&values).with_context(|| format!("the example empty_tasks told no {name}"))
    };
    let mut table = Table::new(&["what", "median", "min–max"]);
    for (what, name) in [
        ("seconds", "seconds"),
        ("seconds in commands of Redis", "redis_seconds"),
        ("CPU seconds of the worker", "cpu_seconds"),
    ] {
        let spread = spread(name)?;
        let median = format!("{:.2}", spread.median);
        table.row(vec![what.to_owned(), median, spread.range(2)]);
    }
    report.table(&table);
    let speed = spread("tasks_per_second")?;
    report.goal(Goal::at_least(
        "empty tasks through one Redis",
        speed.median,
        GOAL,
        " tasks/s",
        &speed.range(0),
    ));
    Ok(())
}

/// One job on a Redis of its own: what the example tells.
fn round(example: &Path, slots: usize, aggregate: Aggregate) -> anyhow::Result<Value> {
    let mut command = Command::new(example);
    command.args([TASKS.to_string(), slots.to_string()]);
    command.arg(aggregate.setting());
    let line = describe(&command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}` failed: {said}");
    let told = || format!("no figures from `{line}`");
    let mut figures: Value = serde_json::from_slice(&output.stdout).with_context(told)?;
    let stats = figures["commandstats"].as_str().with_context(told)?;
    figures["redis_seconds"] = in_commands(stats)?.as_secs_f64().into();
    Ok(figures)
}
