//! The part `micro`: the benches of the library by criterion, and what they came to.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::report::Report;
use super::table::Table;
use crate::workspace::{call, cargo, target};

pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let start = SystemTime::now();
    call(&mut cargo(&[
        "bench",
        "--package",
        "mapreduce",
        "--benches",
    ]))?;
    let mut rows = Vec::new();
    collect(&target().join("criterion"), start, &mut rows)?;
    ensure!(!rows.is_empty(), "the benches left no figures");
    rows.sort();
    report.section(
        "Parts of the hot path",
        "One thread each, by criterion; medians of the samples; M/s are millions of words or records a second",
    );
    let mut table = Table::new(&["bench", "time", "speed"]);
    rows.into_iter().for_each(|row| table.row(row));
    report.table(&table);
    Ok(())
}

/// Adds a row for every result below `folder` that is not older than `start`.
fn collect(folder: &Path, start: SystemTime, rows: &mut Vec<Vec<String>>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
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
    serde_json::from_slice(&text).with_context(|| format!("no JSON: {}", path.display()))
}

/// Name, time and speed of one bench from the files that criterion leaves.
fn row(benchmark: &Value, estimates: &Value) -> anyhow::Result<Vec<String>> {
    let name = benchmark["title"]
        .as_str()
        .context("a bench without a name")?;
    let nanoseconds = estimates["median"]["point_estimate"]
        .as_f64()
        .with_context(|| format!("no time of the bench {name}"))?;
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
    fn a_bench_has_its_time_and_its_speed() {
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
