//! Requirements of a lab course on `MapReduce`.

use std::collections::BTreeSet;
use std::fs;

use testkit::{DEADLINE, eventually};

use super::trial::Trial;

/// Timeout of commands. Python takes less time to start while other tests run.
const TIMEOUT: &str = "timeout=15s";

/// Runs the job with three workers and returns the master's log.
fn run(trial: &Trial) -> String {
    let mut workers = trial.cluster.workers(3);
    let master = trial.master();
    trial.assert_ends_well(master, &mut workers).log()
}

/// Returns all lines of the input as a reducer reads them: a line without a tab gets one.
fn all_lines(trial: &Trial) -> String {
    let files = trial.data.files();
    let text: String = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let line = |line: &str| match line.contains('\t') {
        true => format!("{line}\n"),
        false => format!("{line}\t\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn words_are_counted_as_in_a_sequential_run() {
    let trial = Trial::new("words_map.py", "words_reduce.py");
    run(&trial);
    trial.assert_lines(&trial.sequential("words_map.py", "words_reduce.py"));
}

#[test]
fn words_are_indexed_as_in_a_sequential_run() {
    let trial = Trial::new("index_map.py", "index_reduce.py");
    run(&trial);
    trial.assert_lines(&trial.sequential("index_map.py", "index_reduce.py"));
}

#[test]
fn map_tasks_run_at_the_same_time() {
    let trial = Trial::with("meet.py", "cat", |config| config.set("worker.slots", "1"));
    run(&trial);
    assert!(trial.shared().iter().all(|name| name.contains("_m_")));
    // The first attempt waits for a second one.
    assert!(trial.shared().len() >= 2);
}

#[test]
fn reduce_tasks_run_at_the_same_time() {
    let trial = Trial::with("words_map.py", "meet.py", |config| {
        config.set("worker.slots", "1")
    });
    run(&trial);
    assert!(trial.shared().iter().all(|name| name.contains("_r_")));
    assert_eq!(trial.shared().len(), 3);
}

#[test]
fn no_task_runs_twice_when_nothing_fails() {
    let trial = Trial::with("note.py", "note.py", |config| {
        // On a busy machine a task may be slow enough for a backup attempt.
        let config = config.set("worker.lease", "30s");
        config.set("worker.backups", "false")
    });
    run(&trial);
    trial.assert_lines(&all_lines(&trial));
    let notes = trial.shared();
    let tasks: BTreeSet<_> = notes
        .iter()
        .map(|note| note.rsplit_once('_').unwrap().0)
        .collect();
    assert_eq!(notes.len(), tasks.len(), "{notes:?}");
    assert_eq!(notes.len() as u64, trial.cluster.total());
    assert!(
        notes
            .iter()
            .all(|note| note.split_once('.').unwrap().0.ends_with("_0")),
        "{notes:?}"
    );
}

#[test]
fn no_process_ends_before_the_job() {
    let trial = Trial::new("words_map.py", "hold.py");
    let mut workers = trial.cluster.workers(3);
    let mut master = trial.master();
    // All but the last reduce task.
    trial.cluster.await_reduced(2);
    assert_eq!(master.ended(), None);
    assert!(workers.iter_mut().all(|worker| worker.ended().is_none()));
    assert!(!trial.output().exists());
    fs::write(trial.cluster.folder().join("shared/go"), "").unwrap();
    eventually(DEADLINE, "a process ends", || {
        master.ended().is_some() || workers.iter_mut().any(|worker| worker.ended().is_some())
    });
    assert!(
        trial.output().exists(),
        "a process ended before the output was written"
    );
    trial.assert_ends_well(master, &mut workers);
}

#[test]
fn commands_that_fail_and_stall_at_random_give_the_result_of_a_sequential_run() {
    let settings = |config: testkit::Config| config.set("worker.max_attempts", "20");
    let trial = Trial::with("moody.py", "moody.py", settings).param(TIMEOUT);
    let log = run(&trial);
    trial.assert_lines(&all_lines(&trial));
    // Failed attempts do not count: a mapper and a reducer count each line once.
    let lines = all_lines(&trial).lines().count() * 2;
    assert!(
        log.contains(&format!("counter: Moody:Lines = {lines}")),
        "{log}"
    );
    let failed: Vec<String> = trial
        .cluster
        .query(&["HVALS", &trial.cluster.key("failed")]);
    assert!(!failed.is_empty(), "no attempt failed");
}

#[test]
fn commands_that_fail_at_random_on_dying_workers_give_the_result_of_a_sequential_run() {
    let settings = |config: testkit::Config| config.set("worker.max_attempts", "20");
    let trial = Trial::with("moody.py", "moody.py", settings).param(TIMEOUT);
    let crash = [
        ("crash.at", "before-commit"),
        ("crash.skip", "1"),
        ("worker.slots", "1"),
    ];
    let mut crasher = trial.cluster.worker_with(&crash);
    trial.cluster.await_idle(1);
    let master = trial.master();
    let mut workers = trial.cluster.workers(2);
    assert_eq!(crasher.exit(), 137);
    trial.assert_ends_well(master, &mut workers);
    trial.assert_lines(&all_lines(&trial));
}
