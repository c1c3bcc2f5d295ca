//! Jobs in one process. The result depends only on the input.

use testkit::{Config, Data};

use super::case::{Case, output_of};
use super::cases;

/// Splits, reduce tasks, memory, compression and slots.
const LAYOUTS: [[(&str, &str); 5]; 3] = [
    [
        ("input.split_size", "16KiB"),
        ("job.reduces", "1"),
        ("worker.memory", "1MiB"),
        ("shuffle.compression", "none"),
        ("worker.slots", "3"),
    ],
    [
        ("input.split_size", "100KB"),
        ("job.reduces", "7"),
        ("worker.memory", "64MiB"),
        ("shuffle.compression", "lz4"),
        ("worker.slots", "2"),
    ],
    [
        ("input.split_size", "1GiB"),
        ("job.reduces", "3"),
        ("worker.memory", "1MiB"),
        ("shuffle.compression", "lz4"),
        ("worker.slots", "1"),
    ],
];

fn check(cases: &'static [Case]) {
    for case in cases {
        for layout in &LAYOUTS {
            let trial = case.trial(layout);
            assert_eq!(
                trial.start("mapreduce", &[]).exit(),
                0,
                "{case:?} {layout:?}"
            );
            trial.assert_exact();
        }
    }
}

#[test]
fn words_are_counted_like_by_python() {
    check(cases::WORD_COUNT);
}

#[test]
fn lines_are_counted_like_by_wc() {
    check(cases::LINE_COUNT);
}

#[test]
fn lines_are_found_like_by_grep() {
    check(cases::GREP);
}

#[test]
fn words_are_indexed_like_by_python() {
    check(cases::INVERTED_INDEX);
}

#[test]
fn records_are_grouped_like_by_sqlite() {
    check(cases::GROUP_BY);
}

#[test]
fn top_rows_are_those_of_sqlite() {
    check(cases::TOP);
}

#[test]
fn distinct_values_are_those_of_sqlite_and_sort() {
    check(cases::DISTINCT);
}

#[test]
fn histograms_are_counted_like_by_python() {
    check(cases::HISTOGRAM);
}

#[test]
fn lines_are_sorted_like_by_sort() {
    check(cases::SORT);
}

#[test]
fn tables_are_joined_like_by_sqlite() {
    check(cases::JOIN);
}

#[test]
fn commands_give_the_result_of_a_shell_pipe() {
    check(cases::STREAMING);
}

#[test]
fn estimates_of_distinct_values_are_close_and_do_not_depend_on_splits() {
    let data = Data::table();
    let input = data.input.display().to_string();
    let exact = output_of("python3 expected.py different_names \"$@\"", &[input]);
    let exact: f64 = String::from_utf8(exact).unwrap().trim().parse().unwrap();
    let estimates = LAYOUTS.map(|layout| {
        let config = layout
            .iter()
            .fold(Config::new(data.clone()), |config, (name, value)| {
                config.set(name, value)
            });
        let cluster = config.start();
        let output = cluster.folder().join("o.tsv");
        let args = [
            "run",
            "--job",
            "distinct",
            "--param",
            "columns=name",
            "--param",
            "mode=estimate",
        ];
        let mut process = cluster.start(
            "mapreduce",
            &args,
            &[("job.output", &output.to_string_lossy())],
        );
        assert_eq!(process.exit(), 0);
        std::fs::read_to_string(output).unwrap()
    });
    let estimate = estimates[0].strip_prefix("distinct\n").unwrap().trim();
    let estimate: f64 = estimate.parse().unwrap();
    // Four standard errors of the estimate.
    assert!(
        (estimate - exact).abs() < exact * 0.04,
        "estimate {estimate}, exact number {exact}"
    );
    assert!(
        estimates.iter().all(|other| *other == estimates[0]),
        "{estimates:?}"
    );
}
