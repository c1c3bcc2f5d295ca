//! The part `micro`: the criterion benchmarks of the library and their figures.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::report::Report;
use devtools::table::Table;
use devtools::workspace::{call, cargo, package, target};

/// Runs the part.
pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    let start = SystemTime::now();
    call(&mut cargo(&[
        "bench",
        "--package",
        &package("shuffle")?,
        "--benches",
    ]))?;
    let mut rows = Vec::new();
    collect(&target().join("criterion"), start, &mut rows)?;
    ensure!(
        !rows.is_empty(),
        "the criterion benchmarks wrote no figures"
    );
    rows.sort();
    report.section(
        "Parts of the hot path",
        "One thread each, by criterion; medians of the samples; M/s are millions of words or records per second",
    );
    let mut table = Table::new(&["bench", "time", "speed"]);
    rows.into_iter().for_each(|row| table.row(row));
    report.table(&table);
    Ok(())
}

/// Adds a row for each result below `folder` that is not older than `start`.
fn collect(folder: &Path, start: SystemTime, rows: &mut Vec<Vec<String>>) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.ends_with("new") {
            let estimates = path.join("estimates.json");
            if fs::metadata(&estimates)?.modified()? >= start {
                rows.push(row(&read(path.join("benchmark.json"))?, &read(estimates)?)?);
            }
        } else if path.is_dir() {
            collect(&path, start, rows)?;
        }
    }
    Ok(())
}

fn read(path: PathBuf) -> anyhow::Result<Value> {
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("invalid JSON in {}", path.display()))
}

/// Returns name, time and speed of a benchmark from the files of criterion.
fn row(benchmark: &Value, estimates: &Value) -> anyhow::Result<Vec<String>> {
    let name = benchmark["title"]
        .as_str()
        .context("benchmark without a name")?;
    let nanoseconds = estimates["median"]["point_estimate"]
        .as_f64()
        .with_context(|| format!("benchmark {name} without a time"))?;
    let throughput = &benchmark["throughput"];
    let a_second = |amount: &Value| Some(amount.as_f64()? / nanoseconds * 1e9);
    let speed = a_second(&throughput["Bytes"])
        .map(|bytes| format!("{:.2} GB/s", bytes / 1e9))
        .or_else(|| {
            let elements = a_second(&throughput["Elements"])?;
            Some(format!("{:.1} M/s", elements / 1e6))
        });
    let time = format!("{:.3} ms", nanoseconds / 1e6);
    Ok(vec![name.to_owned(), time, speed.unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_has_the_time_and_speed_of_a_benchmark() {
        let estimates = json!({"median": {"point_estimate": 2e6}});
        let bytes = json!({"title": "tokenizer/spaces", "throughput": {"Bytes": 1_000_000}});
        assert_eq!(
            row(&bytes, &estimates).unwrap(),
            ["tokenizer/spaces", "2.000 ms", "0.50 GB/s"]
        );
        let words = json!({"title": "table", "throughput": {"Elements": 100_000}});
        assert_eq!(row(&words, &estimates).unwrap()[2], "50.0 M/s");
        let none = json!({"title": "merge", "throughput": null});
        assert_eq!(row(&none, &estimates).unwrap()[2], "");
        assert!(row(&none, &json!({})).is_err());
    }
}
