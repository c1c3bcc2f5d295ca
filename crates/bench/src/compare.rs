//! The part `systems`: alternating rounds of all systems on one large CSV file.

use std::path::Path;

use crate::args::Args;
use crate::chart::{Bar, Panel};
use crate::figures::{Run, Series, Spread, cpu, megabytes, peak, redis_time, wall};
use crate::goal::Goal;
use crate::report::Report;
use crate::rounds::order;
use crate::system::System;
use crate::word_count_job::WordCountJob;
use crate::{data, python, system_run};
use devtools::packages::ensure_redis;
use devtools::table::Table;
use devtools::workspace::build_release;

/// Runs the part.
pub(crate) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    let folder = data::folder()?;
    let mut crates = vec!["bench"];
    for system in &args.systems {
        crates.extend(system.crates());
        if let Some(version) = python::prepare(*system, &folder)? {
            report.version(format!("{} {version}", system.name()));
        }
    }
    if crates.contains(&"worker") {
        ensure_redis()?;
    }
    build_release(&crates)?;

    let input = data::input(args.rows, args.seed)?;
    let mut reference = data::Reference::of(&input)?;
    let (words, distinct) = reference.words();
    let about = format!(
        "{:.0} MB of CSV ({} records, {words} words, {distinct} distinct), column `text`, \
         `spaces`, {} threads or slots",
        megabytes(data::warm_up(&input)?),
        args.rows,
        args.threads(),
    );
    println!("\n{about}, {} rounds", args.rounds);
    let series = rounds(args, &input, &folder, &mut reference)?;
    summarize(args, &series, about, report);
    Ok(())
}

/// Runs every system in every round and checks each result.
fn rounds(
    args: &Args,
    input: &Path,
    folder: &Path,
    reference: &mut data::Reference,
) -> anyhow::Result<Vec<Series>> {
    let job = WordCountJob {
        input,
        folder,
        threads: args.threads(),
        aggregate: args.aggregate,
    };
    let name = |system: &System| Series::new(system.name());
    let mut series: Vec<Series> = args.systems.iter().map(name).collect();
    for round in 0..args.rounds {
        for index in order(round, series.len()) {
            let system = args.systems[index];
            if system == System::Live && round >= args.live_rounds {
                continue;
            }
            let run = system_run::run(system, &job)?;
            reference.check(system, &system.output(folder))?;
            println!(
                "round {} of {}: {:<14} {:.2} s",
                round + 1,
                args.rounds,
                system.name(),
                run.usage.wall.as_secs_f64()
            );
            series[index].runs.push((round, run));
        }
    }
    println!("all results are equal byte for byte");
    Ok(series)
}

/// Adds tables, charts and goals to the report.
fn summarize(args: &Args, series: &[Series], about: String, report: &mut Report) {
    let find = |system| {
        let index = args.systems.iter().position(|&other| other == system)?;
        Some(&series[index])
    };
    let duckdb = find(System::Duckdb);
    report.section("The whole job", &about);
    report.table(&overview(series, duckdb));
    if args
        .systems
        .iter()
        .any(|system| system.crates().contains(&"worker"))
    {
        report.text("The parts of a cluster:");
        report.table(&parts(series));
    }
    report.panel(panel(args, series, "seconds", wall));
    report.panel(panel(
        args,
        series,
        "peak memory, MB (cluster: the worker)",
        peak,
    ));

    goals(&find).into_iter().for_each(|goal| report.goal(goal));
}

/// Returns the goals of the measured systems.
fn goals<'a>(find: &dyn Fn(System) -> Option<&'a Series>) -> Vec<Goal> {
    let duckdb = find(System::Duckdb);
    let ratio = |what: &str, one: Option<&Series>, base: Option<&Series>, limit: f64| {
        let ratio = one?.ratio(base?)?;
        Some(Goal::at_most(
            what,
            ratio.median,
            limit,
            "",
            &ratio.range(2),
        ))
    };
    let (cluster, embedded) = (find(System::Cluster), find(System::Embedded));
    let most = |what: &str, figure: Option<Spread>, limit: f64, unit: &str| {
        let figure = figure?;
        Some(Goal::at_most(
            what,
            figure.median,
            limit,
            unit,
            &figure.range(2),
        ))
    };
    let goals = [
        ratio("cluster / DuckDB, wall time", cluster, duckdb, 0.40),
        ratio("embedded / DuckDB, wall time", embedded, duckdb, 0.35),
        ratio("cluster / embedded, wall time", cluster, embedded, 1.2),
        most(
            "Redis time of the cluster's job",
            cluster.and_then(|series| series.spread(redis_time)),
            0.3,
            " s",
        ),
        most(
            "peak memory of the cluster's worker",
            cluster.and_then(|series| series.spread(peak)),
            200.0,
            " MB",
        ),
    ];
    goals.into_iter().flatten().collect()
}

/// Returns a table with a row for each system.
fn overview(series: &[Series], duckdb: Option<&Series>) -> Table {
    let mut header = vec!["system", "wall s", "min–max", "CPU s", "peak MB"];
    if duckdb.is_some() {
        header.extend(["/ DuckDB", "min–max"]);
    }
    let mut table = Table::new(&header);
    for one in series {
        let (Some(wall), Some(cpu), Some(peak)) =
            (one.spread(wall), one.spread(cpu), one.spread(peak))
        else {
            continue;
        };
        let mut row = vec![
            one.name.clone(),
            format!("{:.2}", wall.median),
            wall.range(2),
            format!("{:.2}", cpu.median),
            format!("{:.0}", peak.median),
        ];
        if let Some(ratio) = duckdb.and_then(|base| one.ratio(base)) {
            row.extend([format!("{:.2}", ratio.median), ratio.range(2)]);
        }
        table.row(row);
    }
    table
}

/// Returns a table with a row for each cluster.
fn parts(series: &[Series]) -> Table {
    let mut table = Table::new(&[
        "system",
        "worker MB",
        "master MB",
        "Redis MB",
        "Redis time s",
        "Redis CPU s",
    ]);
    for one in series {
        let Some(time) = one.spread(redis_time) else {
            continue;
        };
        let master = one.spread(|run| Some(megabytes(run.cluster?.master_peak)));
        let redis = one.spread(|run| Some(megabytes(run.cluster?.redis_peak?)));
        let cpu = one.spread(|run| Some(run.cluster?.redis_cpu.as_secs_f64()));
        let shown = |peak: Option<Spread>| {
            peak.map_or_else(|| "–".to_owned(), |peak| format!("{:.0}", peak.median))
        };
        table.row(vec![
            one.name.clone(),
            shown(one.spread(peak)),
            shown(master),
            shown(redis),
            format!("{:.3}", time.median),
            cpu.map(|cpu| format!("{:.3}", cpu.median))
                .unwrap_or_default(),
        ]);
    }
    table
}

/// Returns the bars of one figure.
fn panel(
    args: &Args,
    series: &[Series],
    title: &str,
    figure: impl Fn(&Run) -> Option<f64>,
) -> Panel {
    let bar = |(system, one): (&System, &Series)| {
        Some(Bar {
            name: one.name.clone(),
            value: one.spread(&figure)?,
            ours: system.is_ours(),
        })
    };
    Panel {
        title: title.to_owned(),
        bars: args.systems.iter().zip(series).filter_map(bar).collect(),
    }
}
