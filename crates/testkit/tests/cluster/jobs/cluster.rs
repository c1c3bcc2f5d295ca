//! Jobs on clusters whose workers die.

use testkit::{DEADLINE, Process, eventually};

use super::case::{Case, Trial};
use super::cases;

/// Splits for about 50 to 100 map tasks.
const MANY: [(&str, &str); 2] = [("input.split_size", "32KiB"), ("job.reduces", "3")];

/// Pause in each task of the surviving workers, so that the crashing worker also gets a task.
const SLOW: [(&str, &str); 1] = [("worker.slow", "100ms")];

/// Checks that all processes succeed and the result is exact.
fn assert_ends_well(trial: &Trial, mut master: Process, workers: Vec<Process>) {
    assert_eq!(master.exit(), 0, "{:?}", trial.case);
    trial.assert_exact();
    assert_eq!(trial.cluster.pending(), 0);
    for mut worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}

/// Runs a job with `count` workers. The first one crashes before its first commit and is replaced.
fn check_map(case: &'static Case, count: usize) {
    let trial = case.trial(&MANY);
    let crash = [("crash.at", "before-commit"), ("worker.slots", "1")];
    let mut crasher = trial.start("worker", &crash);
    trial.cluster.await_idle(1);
    let mut workers: Vec<_> = (1..count).map(|_| trial.start("worker", &SLOW)).collect();
    let master = trial.start("master", &[]);
    assert_eq!(crasher.exit(), 137);
    workers.push(trial.start("worker", &[]));
    assert_ends_well(&trial, master, workers);
    assert!(trial.cluster.maps() > 10);
    assert!(trial.cluster.total() > trial.cluster.maps());
}

/// Runs a job with three workers. One is killed while it holds a reduce task.
fn check_reduce(case: &'static Case) {
    let trial = case.trial(&[
        ("input.split_size", "256KiB"),
        ("job.reduces", "32"),
        ("worker.slow", "200ms"),
    ]);
    let master = trial.start("master", &[]);
    let workers: Vec<_> = (0..2).map(|_| trial.start("worker", &[])).collect();
    trial.cluster.await_reduced(1);
    let mut holder = trial.start("worker", &[("worker.slow", "30m")]);
    holder.await_log(" worker=");
    eventually(DEADLINE, "the worker holds a task", || {
        trial.cluster.held_by(&holder) > 0
    });
    assert_eq!(trial.cluster.state(), "REDUCE", "the phase was over");
    holder.kill();
    assert_ends_well(&trial, master, workers);
}

fn check(cases: &'static [Case]) {
    check_map(&cases[0], 1);
    check_map(&cases[cases.len() - 1], 3);
}

#[test]
fn words_are_counted_though_workers_die() {
    check(cases::WORD_COUNT);
}

#[test]
fn lines_are_counted_though_workers_die() {
    check(cases::LINE_COUNT);
}

#[test]
fn lines_are_found_though_workers_die() {
    check(cases::GREP);
}

#[test]
fn words_are_indexed_though_workers_die() {
    check(cases::INVERTED_INDEX);
    check_reduce(&cases::INVERTED_INDEX[0]);
}

#[test]
fn records_are_grouped_though_workers_die() {
    check(cases::GROUP_BY);
    check_reduce(&cases::GROUP_BY[1]);
}

#[test]
fn top_rows_are_found_though_workers_die() {
    check(cases::TOP);
}

#[test]
fn distinct_values_are_found_though_workers_die() {
    check(cases::DISTINCT);
}

#[test]
fn histograms_are_counted_though_workers_die() {
    check(cases::HISTOGRAM);
}

#[test]
fn lines_are_sorted_though_workers_die() {
    check(cases::SORT);
    check_reduce(&cases::SORT[0]);
}

#[test]
fn tables_are_joined_though_workers_die() {
    check(cases::JOIN);
    check_reduce(&cases::JOIN[1]);
}

#[test]
fn commands_run_though_workers_die() {
    check(cases::STREAMING);
    check_reduce(&cases::STREAMING[0]);
}

#[test]
fn ten_workers_of_which_one_dies_complete_each_job() {
    for case in [
        &cases::GREP[2],
        &cases::INVERTED_INDEX[0],
        &cases::GROUP_BY[0],
        &cases::SORT[4],
        &cases::JOIN[0],
        &cases::STREAMING[0],
    ] {
        check_map(case, 10);
    }
}
