//! Other layouts of the result, and the first rows of it.

use std::collections::BTreeMap;
use std::fs;

use testkit::{Config, Data, Tokenizer};

/// The rows of an expected result, in order.
fn rows(data: &Data) -> Vec<(String, u64)> {
    let rows: BTreeMap<String, u64> = serde_json::from_slice(&data.expected).unwrap();
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    rows
}

/// Rows as a file of this format, by the letter of its definition.
fn file(format: &str, rows: &[(String, u64)]) -> String {
    let quoted = |key: &str| serde_json::Value::from(key).to_string();
    let csv = |key: &str| match key.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", key.replace('"', "\"\"")),
        false => key.to_owned(),
    };
    let tsv = |key: &str| {
        let key = key.replace('\\', "\\\\").replace('\t', "\\t");
        key.replace('\n', "\\n").replace('\r', "\\r")
    };
    let line = |(key, count): &(String, u64)| match format {
        "json" => format!("  {}: {count}", quoted(key)),
        "ndjson" => format!("{{\"key\":{},\"count\":{count}}}\n", quoted(key)),
        "csv" => format!("{},{count}\n", csv(key)),
        "tsv" => format!("{}\t{count}\n", tsv(key)),
        _ => panic!("no format {format}"),
    };
    let lines: Vec<_> = rows.iter().map(line).collect();
    match format {
        "json" => format!("{{\n{}\n}}\n", lines.join(",\n")),
        "csv" => format!("key,count\n{}", lines.concat()),
        _ => lines.concat(),
    }
}

/// Both ways of aggregating write the first `top` rows, all if that is 0, in `format`, which the
/// settings or the name of the output ask for.
fn check(name: &str, settings: &[(&str, &str)], format: &str, top: usize) {
    let data = Data::tweets(Tokenizer::Spaces);
    let rows = rows(&data);
    let wanted = if top == 0 { rows.len() } else { top };
    let expected = file(format, &rows[..wanted.min(rows.len())]);
    let config = Config::new(data).set("input.split_size", "400KB");
    for config in [config.clone(), config.live()] {
        let cluster = config.set("output.top", &top.to_string()).start();
        let output = cluster.folder().join(name);
        let mut workers = cluster.workers(2);
        let place = output.to_string_lossy();
        let settings = [&[("job.output", &*place)], settings].concat();
        let mut master = cluster.master_with(&settings);
        assert_eq!(master.exit(), 0);
        for worker in &mut workers {
            assert_eq!(worker.exit(), 0);
        }
        // Not assert_eq: half a megabyte of difference helps nobody.
        assert!(fs::read_to_string(&output).unwrap() == expected, "{name}");
    }
}

#[test]
fn the_name_of_the_output_tells_its_layout() {
    check("results.csv", &[], "csv", 0);
    check("results.tsv", &[], "tsv", 0);
    check("results.jsonl", &[], "ndjson", 0);
}

#[test]
fn the_layout_that_is_asked_for_counts_more_than_the_name() {
    check("results.csv", &[("output.format", "json")], "json", 0);
    check("results", &[("output.format", "ndjson")], "ndjson", 0);
}

#[test]
fn only_the_most_frequent_rows_are_written_if_that_is_asked_for() {
    check("results.json", &[], "json", 1);
    check("results.csv", &[], "csv", 1000);
    check("results.tsv", &[], "tsv", 100_000_000);
}
