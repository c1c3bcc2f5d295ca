//! Workers that are slow with the last tasks. Others attempt these tasks too, and the first commit counts.

use serde_json::Value;
use testkit::{Cluster, DEADLINE, Process, eventually};

use crate::support::{assert_ends_well, books};

/// Lease that outlasts any test, so that no worker reclaims a task.
const ENDLESS: (&str, &str) = ("worker.lease", "1h");
/// Log message of a worker that starts a backup attempt.
const BACKUP: &str = "started a backup attempt";

/// Starts a worker that never completes a task, then a master. Waits until the worker holds a task.
fn with_straggler(cluster: &Cluster, settings: &[(&str, &str)]) -> (Process, Process) {
    let slow = [
        ("worker.slots", "1"),
        ("worker.slow", "30m"),
        ("worker.backups", "false"),
    ];
    let straggler = cluster.worker_with(&[&slow, settings].concat());
    cluster.await_idle(1);
    let master = cluster.master();
    eventually(DEADLINE, "the straggler claims a task", || {
        cluster.held_by(&straggler) == 1
    });
    (straggler, master)
}

/// Starts workers that reclaim no tasks. They make backup attempts if `backups` is true.
fn helpers(cluster: &Cluster, backups: &str) -> Vec<Process> {
    let settings = [ENDLESS, ("worker.backups", backups)];
    (0..2).map(|_| cluster.worker_with(&settings)).collect()
}

/// Returns the manifests of all tasks, which name their workers.
fn manifests(cluster: &Cluster) -> Vec<Value> {
    let texts: Vec<String> = cluster.query(&["HVALS", &cluster.key("done")]);
    let parsed = texts.iter().map(|text| serde_json::from_str(text));
    parsed.collect::<Result<_, _>>().expect("manifests in JSON")
}

/// Returns the text between `name` and the next space in a line of a log.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, rest) = line.split_once(name).expect("the line has this field");
    rest.split(' ').next().unwrap_or_default()
}

/// Returns the tasks that have backup attempts by these workers.
fn backup_tasks(workers: &[Process]) -> Vec<u64> {
    let logs: Vec<_> = workers.iter().map(Process::log).collect();
    let lines = logs.iter().flat_map(|log| log.lines());
    let lines = lines.filter(|line| line.contains(BACKUP));
    lines
        .map(|line| field(line, " task=").parse().expect("an index"))
        .collect()
}

fn backups(workers: &[Process]) -> usize {
    backup_tasks(workers).len()
}

/// Returns the tasks that a worker holds.
fn held_tasks(cluster: &Cluster, worker: &Process) -> Vec<u64> {
    let (log, tasks) = (worker.log(), cluster.key("tasks"));
    let name = field(&log, " worker=");
    let held: Vec<(String, String, u64, u64)> =
        cluster.query(&["XPENDING", &tasks, "workers", "-", "+", "100", name]);
    held.iter().map(|(entry, ..)| index(entry)).collect()
}

/// Returns the index of the task in an entry id `gen-(index+1)`.
fn index(entry: &str) -> u64 {
    let (_, number) = entry.split_once('-').expect("an entry id");
    number.parse::<u64>().expect("a number") - 1
}

#[test]
fn a_worker_that_never_finishes_a_task_delays_neither_phase() {
    // The reduce phase takes five seconds, so that the straggler also gets a reduce task.
    let cluster = books()
        .set("input.split_size", "64KiB")
        .set("job.reduces", "100")
        .set("worker.slow", "200ms")
        .start();
    // With a short lease, the straggler soon notices that another worker was faster.
    let (mut straggler, mut master) = with_straggler(&cluster, &[]);
    let maps = cluster.maps();
    assert!(held_tasks(&cluster, &straggler)[0] < maps);
    let mut workers = helpers(&cluster, "true");
    eventually(DEADLINE, "the straggler holds a reduce task", || {
        let held = held_tasks(&cluster, &straggler);
        held.iter().any(|&index| index >= maps)
    });
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_eq!(straggler.exit(), 0);
    let manifests = manifests(&cluster);
    assert_eq!(manifests.len() as u64, cluster.total());
    let log = straggler.log();
    let committed = |manifest: &Value| log.contains(manifest["worker"].as_str().expect("a name"));
    assert!(
        !manifests.iter().any(committed),
        "the straggler committed a task"
    );
    let backups = backup_tasks(&workers);
    assert!(backups.iter().any(|&index| index < maps), "{backups:?}");
    assert!(backups.iter().any(|&index| index >= maps), "{backups:?}");
}

#[test]
fn without_backups_one_slow_worker_delays_the_job() {
    let cluster = books().start();
    let (mut straggler, mut master) = with_straggler(&cluster, &[]);
    let mut workers = helpers(&cluster, "false");
    let beats = || cluster.query::<u64>(&["HGET", &cluster.key("meta"), "beats"]);
    eventually(DEADLINE, "all map tasks but one are done", || {
        cluster.done() + 1 == cluster.maps()
    });
    // The straggler renews its lease three times a second, for much longer than any other task took.
    let before = beats();
    eventually(DEADLINE, "the straggler renews its lease", || {
        beats() >= before + 6
    });
    assert_eq!((cluster.done() + 1, cluster.pending()), (cluster.maps(), 1));
    assert_eq!(cluster.held_by(&straggler), 1);

    straggler.kill();
    // A worker with the cluster's short lease reclaims the task.
    workers.push(cluster.worker_with(&[("worker.backups", "false")]));
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_eq!(backups(&workers), 0);
}

#[test]
fn the_slower_of_two_attempts_changes_nothing() {
    let cluster = books().start();
    let slow = [ENDLESS, ("worker.slow", "2s")];
    let (mut straggler, mut master) = with_straggler(&cluster, &slow);
    straggler.stop();
    let mut workers = helpers(&cluster, "true");
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(backups(&workers) > 0);
    let counters = || cluster.query::<Vec<String>>(&["HGETALL", &cluster.key("counters")]);
    let before = counters();
    straggler.resume();
    assert_eq!(straggler.exit(), 0);
    straggler.assert_log("reply=Duplicate");
    assert_eq!((counters(), cluster.pending()), (before, 0));
    // It also deletes the blob that it could not commit.
    assert_eq!(cluster.blobs(0..u64::MAX), Vec::<String>::new());
}
