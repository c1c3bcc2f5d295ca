//! The part `scale`: our programs on the data and on four times the rows.

use crate::args::Args;
use crate::figures::{Series, megabytes, peak, wall};
use crate::goal::Goal;
use crate::report::Report;
use crate::rounds::order;
use crate::system::System;
use crate::word_count_job::WordCountJob;
use crate::{data, system_run};
use devtools::packages::ensure_redis;
use devtools::table::Table;
use devtools::workspace::build_release;

/// Factor of the number of rows.
const TIMES: u64 = 4;
/// Goal for the factor of the wall time.
const TIME: f64 = 4.1;
/// Goal for the relative change of the peak memory of a worker.
const PEAK: f64 = 0.10;

/// Measured systems.
const SYSTEMS: [System; 2] = [System::Cluster, System::Embedded];

/// Runs the part.
pub(crate) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    build_release(&["bench", "cli", "master", "worker"])?;
    let folder = data::folder()?;
    let mut inputs = Vec::new();
    let mut about = Vec::new();
    for rows in [args.rows, args.rows * TIMES] {
        let input = data::input(rows, args.seed)?;
        let reference = data::Reference::of(&input)?;
        let size = megabytes(data::warm_up(&input)?);
        let (_, distinct) = reference.words();
        about.push(format!(
            "{rows} rows ({size:.0} MB, {distinct} distinct words)"
        ));
        inputs.push((input, reference));
    }
    let about = about.join(" and ");
    println!("\n{about}, {} rounds", args.scale_rounds);

    // Two series per system: the data, and four times the data.
    let mut series: Vec<Series> = Vec::new();
    for system in SYSTEMS {
        series.push(Series::new(system.name()));
        series.push(Series::new(format!("{}, {TIMES} times", system.name())));
    }
    for round in 0..args.scale_rounds {
        for index in order(round, series.len()) {
            let (system, (input, reference)) = (SYSTEMS[index / 2], &mut inputs[index % 2]);
            let job = WordCountJob {
                input,
                folder: &folder,
                threads: args.threads(),
                aggregate: args.aggregate,
            };
            let run = system_run::run(system, &job)?;
            reference.check(system, &system.output(&folder))?;
            let seconds = run.usage.wall.as_secs_f64();
            let (name, rounds) = (&series[index].name, args.scale_rounds);
            println!("round {} of {rounds}: {name:<18} {seconds:.2} s", round + 1);
            series[index].runs.push((round, run));
        }
    }
    report.section("Four times the data", &about);
    report.table(&table(&series));
    for goal in goals(&series) {
        report.goal(goal);
    }
    Ok(())
}

fn table(series: &[Series]) -> Table {
    let mut table = Table::new(&[
        "system",
        "wall s",
        "min–max",
        "times",
        "min–max",
        "peak MB",
        "min–max",
    ]);
    for pair in series.chunks(2) {
        for one in pair {
            let (Some(wall), Some(peak)) = (one.spread(wall), one.spread(peak)) else {
                continue;
            };
            let times = one.ratio(&pair[0]);
            table.row(vec![
                one.name.clone(),
                format!("{:.2}", wall.median),
                wall.range(2),
                times
                    .map(|times| format!("{:.2}", times.median))
                    .unwrap_or_default(),
                times.map(|times| times.range(2)).unwrap_or_default(),
                format!("{:.0}", peak.median),
                peak.range(0),
            ]);
        }
    }
    table
}

fn goals(series: &[Series]) -> Vec<Goal> {
    let mut goals = Vec::new();
    for (system, pair) in SYSTEMS.iter().zip(series.chunks(2)) {
        let [small, large] = pair else { continue };
        let name = system.name();
        if let Some(times) = large.ratio(small) {
            let what = format!("{name}: time for {TIMES} times the data");
            let range = times.range(2);
            goals.push(Goal::at_most(&what, times.median, TIME, " times", &range));
        }
        // The memory of an embedded run grows with the number of words. The memory of a worker must not.
        if let (System::Cluster, Some(before), Some(after)) =
            (system, small.spread(peak), large.spread(peak))
        {
            let change = after.median / before.median - 1.0;
            goals.push(Goal {
                name: format!("{name}: peak memory of the worker on {TIMES} times the data"),
                figure: format!(
                    "{:+.0} % ({:.0} MB to {:.0} MB)",
                    change * 100.0,
                    before.median,
                    after.median
                ),
                target: format!("± {:.0} %", PEAK * 100.0),
                met: change.abs() <= PEAK,
            });
        }
    }
    goals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::series;

    #[test]
    fn wall_time_and_memory_have_goals() {
        let all = [
            series("cluster", &[(0, 1000), (1, 2000)]),
            series("cluster, 4 times", &[(0, 4000), (1, 8400)]),
            series("embedded", &[(0, 1000)]),
            series("embedded, 4 times", &[(0, 4200)]),
        ];
        let words: Vec<String> = goals(&all).iter().map(Goal::to_string).collect();
        assert_eq!(
            words,
            [
                "PASS cluster: time for 4 times the data: 4.00 times (4.00–4.20), goal ≤ 4.1 times",
                "PASS cluster: peak memory of the worker on 4 times the data: +0 % (300 MB to 300 MB), goal ± 10 %",
                "MISS embedded: time for 4 times the data: 4.20 times (4.20–4.20), goal ≤ 4.1 times",
            ]
        );
    }
}
