//! Formats of the result, and results with a limited number of rows.

use std::collections::BTreeMap;
use std::fs;

use testkit::{Config, Data, Tokenizer};

/// Returns the rows of an expected result in their order.
fn rows(data: &Data) -> Vec<(String, u64)> {
    let rows: BTreeMap<String, u64> = serde_json::from_slice(&data.expected).unwrap();
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    rows
}

/// Returns rows as a file of this format, without code of the project.
fn file(format: &str, rows: &[(String, u64)]) -> String {
    let quoted = |key: &str| serde_json::Value::from(key).to_string();
    let cell = |key: &str, delimiter: char| match key.contains([delimiter, '"', '\n', '\r']) {
        true => format!("\"{}\"", key.replace('"', "\"\"")),
        false => key.to_owned(),
    };
    let line = |(key, count): &(String, u64)| match format {
        "json" => format!("  {}: {count}", quoted(key)),
        "ndjson" => format!("{{\"word\":{},\"count\":{count}}}\n", quoted(key)),
        "csv" => format!("{},{count}\n", cell(key, ',')),
        "tsv" => format!("{}\t{count}\n", cell(key, '\t')),
        _ => panic!("unknown format {format}"),
    };
    let lines: Vec<_> = rows.iter().map(line).collect();
    match format {
        "json" => format!("{{\n{}\n}}\n", lines.join(",\n")),
        "csv" => format!("word,count\n{}", lines.concat()),
        "tsv" => format!("word\tcount\n{}", lines.concat()),
        _ => lines.concat(),
    }
}

/// Checks that both kinds of aggregation write the first `top` rows (0: all) in `format`, which the settings or the
/// extension of the output select.
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
        let path = output.to_string_lossy();
        let settings = [&[("job.output", &*path)], settings].concat();
        let mut master = cluster.master_with(&settings);
        assert_eq!(master.exit(), 0);
        for worker in &mut workers {
            assert_eq!(worker.exit(), 0);
        }
        // `assert_eq` would print half a megabyte.
        assert!(fs::read_to_string(&output).unwrap() == expected, "{name}");
    }
}

#[test]
fn the_extension_of_the_output_selects_its_format() {
    check("results.csv", &[], "csv", 0);
    check("results.tsv", &[], "tsv", 0);
    check("results.jsonl", &[], "ndjson", 0);
}

#[test]
fn the_setting_of_the_format_overrides_the_extension() {
    check("results.csv", &[("output.format", "json")], "json", 0);
    check("results", &[("output.format", "ndjson")], "ndjson", 0);
}

#[test]
fn output_top_limits_the_number_of_rows() {
    check("results.json", &[], "json", 1);
    check("results.csv", &[], "csv", 1000);
    check("results.tsv", &[], "tsv", 100_000_000);
}
