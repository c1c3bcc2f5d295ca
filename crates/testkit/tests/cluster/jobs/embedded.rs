//! Jobs in one process: the result depends on nothing but the input.

use testkit::{Config, Data};

use super::{Case, cases, said};

/// How the work may be cut and kept.
const CUTS: [[(&str, &str); 5]; 3] = [
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
        for cut in &CUTS {
            let trial = case.trial(cut);
            assert_eq!(trial.start("mapreduce", &[]).exit(), 0, "{case:?} {cut:?}");
            trial.assert_exact();
        }
    }
}

#[test]
fn words_are_counted_as_python_counts() {
    check(cases::WORD_COUNT);
}

#[test]
fn lines_are_counted_as_wc_counts() {
    check(cases::LINE_COUNT);
}

#[test]
fn lines_are_found_as_grep_finds() {
    check(cases::GREP);
}

#[test]
fn words_are_indexed_as_by_hand() {
    check(cases::INVERTED_INDEX);
}

#[test]
fn records_are_grouped_as_sqlite_groups() {
    check(cases::GROUP_BY);
}

#[test]
fn the_heaviest_are_those_of_sqlite() {
    check(cases::TOP);
}

#[test]
fn what_is_distinct_is_so_to_sqlite_and_to_sort() {
    check(cases::DISTINCT);
}

#[test]
fn numbers_fall_into_buckets_as_by_hand() {
    check(cases::HISTOGRAM);
}

#[test]
fn lines_are_sorted_as_sort_sorts() {
    check(cases::SORT);
}

#[test]
fn tables_are_joined_as_sqlite_joins() {
    check(cases::JOIN);
}

#[test]
fn commands_do_what_they_do_in_a_pipe() {
    check(cases::STREAMING);
}

#[test]
fn an_estimate_is_near_and_the_same_however_the_work_is_cut() {
    let data = Data::table();
    let input = data.input.display().to_string();
    let exact = said("python3 expected.py different_names \"$@\"", &[input]);
    let exact: f64 = String::from_utf8(exact).unwrap().trim().parse().unwrap();
    let estimates = CUTS.map(|cut| {
        let config = cut
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
    let (_, estimate) = estimates[0].trim().split_once('\t').unwrap();
    let estimate: f64 = estimate.parse().unwrap();
    // Four times the error that two of three estimates stay within.
    assert!(
        (estimate - exact).abs() < exact * 0.04,
        "{estimate}, and not {exact}"
    );
    assert!(
        estimates.iter().all(|other| *other == estimates[0]),
        "{estimates:?}"
    );
}
