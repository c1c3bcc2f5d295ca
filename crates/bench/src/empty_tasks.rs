//! The part `empty-tasks`: the cost of a task without input, measured by the example `empty_tasks`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::args::Args;
use crate::cluster::time_in_commands;
use crate::figures::Spread;
use crate::goal::Goal;
use crate::report::Report;
use crate::system::Aggregate;
use devtools::packages::ensure_redis;
use devtools::table::Table;
use devtools::workspace::{build_example, describe};

/// Number of tasks.
const TASKS: u32 = 100_000;
/// Number of rounds.
const ROUNDS: usize = 3;
/// Goal in tasks per second.
const GOAL: f64 = 10_000.0;

/// Runs the part.
pub(crate) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    let example = build_example("bench", "empty_tasks")?;
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
        Spread::of(&values)
            .with_context(|| format!("the example empty_tasks printed no figure {name}"))
    };
    let mut table = Table::new(&["figure", "median", "min–max"]);
    for (label, name) in [
        ("seconds", "seconds"),
        ("seconds in Redis commands", "redis_seconds"),
        ("CPU seconds of the worker", "cpu_seconds"),
    ] {
        let spread = spread(name)?;
        let median = format!("{:.2}", spread.median);
        table.row(vec![label.to_owned(), median, spread.range(2)]);
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

/// Runs one job on its own Redis server and returns the figures of the example.
fn round(example: &Path, slots: usize, aggregate: Aggregate) -> anyhow::Result<Value> {
    let mut command = Command::new(example);
    command.args([TASKS.to_string(), slots.to_string()]);
    command.arg(aggregate.setting());
    let line = describe(&command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}` failed: {log}");
    let missing = || format!("`{line}` printed no figures");
    let mut figures: Value = serde_json::from_slice(&output.stdout).with_context(missing)?;
    let stats = figures["commandstats"].as_str().with_context(missing)?;
    figures["redis_seconds"] = time_in_commands(stats)?.as_secs_f64().into();
    Ok(figures)
}
