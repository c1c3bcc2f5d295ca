//! Workers that are slow with the last tasks: others attempt these too, and the first commit counts.

use serde_json::Value;
use testkit::{Cluster, DEADLINE, Process, eventually};

use crate::{assert_ends_well, books};

/// A lease that no test lives to see the end of: nobody takes anything over.
const ENDLESS: (&str, &str) = ("worker.lease", "1h");
/// What a worker writes that begins a second attempt.
const BACKUP: &str = "started a backup attempt";

/// Starts the job with a worker that will be done with none of its tasks, until it has one of them.
fn with_straggler(cluster: &Cluster, settings: &[(&str, &str)]) -> (Process, Process) {
    let slow = [
        ("worker.slots", "1"),
        ("worker.slow", "30m"),
        ("worker.backups", "false"),
    ];
    let straggler = cluster.worker_with(&[&slow, settings].concat());
    cluster.await_idle(1);
    let master = cluster.master();
    eventually(DEADLINE, "it claims a task", || {
        cluster.held_by(&straggler) == 1
    });
    (straggler, master)
}

/// Starts workers that take over nothing but what is handed to them as backups, if they ask for these.
fn helpers(cluster: &Cluster, backups: &str) -> Vec<Process> {
    let settings = [ENDLESS, ("worker.backups", backups)];
    (0..2).map(|_| cluster.worker_with(&settings)).collect()
}

/// The manifests of all tasks: who did them.
fn manifests(cluster: &Cluster) -> Vec<Value> {
    let texts: Vec<String> = cluster.ask(&["HVALS", &cluster.key("done")]);
    let parsed = texts.iter().map(|text| serde_json::from_str(text));
    parsed.collect::<Result<_, _>>().expect("manifests in JSON")
}

/// What comes between `name` and the next space of a line of a log.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, rest) = line.split_once(name).expect("the line has it");
    rest.split(' ').next().unwrap_or_default()
}

/// The tasks of which these workers have begun second attempts.
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

/// The tasks that a worker holds.
fn held_tasks(cluster: &Cluster, worker: &Process) -> Vec<u64> {
    let (log, tasks) = (worker.log(), cluster.key("tasks"));
    let name = field(&log, " worker=");
    let held: Vec<(String, String, u64, u64)> =
        cluster.ask(&["XPENDING", &tasks, "workers", "-", "+", "100", name]);
    held.iter().map(|(entry, ..)| index(entry)).collect()
}

/// The index of the task of an entry `gen-(index+1)`.
fn index(entry: &str) -> u64 {
    let (_, number) = entry.split_once('-').expect("an entry id");
    number.parse::<u64>().expect("a number") - 1
}

#[test]
fn a_worker_that_comes_to_no_end_holds_up_neither_phase() {
    // A reduce phase of five seconds: the straggler is among those that begin it.
    let cluster = books()
        .set("input.split_size", "64KiB")
        .set("job.reduces", "100")
        .set("worker.slow", "200ms")
        .start();
    // Its short lease lets it see soon that another was faster.
    let (mut straggler, mut master) = with_straggler(&cluster, &[]);
    let maps = cluster.maps();
    assert!(held_tasks(&cluster, &straggler)[0] < maps);
    let mut workers = helpers(&cluster, "true");
    eventually(DEADLINE, "it holds a reduce task", || {
        let held = held_tasks(&cluster, &straggler);
        held.iter().any(|&index| index >= maps)
    });
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_eq!(straggler.exit(), 0);
    let manifests = manifests(&cluster);
    assert_eq!(manifests.len() as u64, cluster.total());
    let log = straggler.log();
    let did = |manifest: &Value| log.contains(manifest["worker"].as_str().expect("a name"));
    assert!(!manifests.iter().any(did), "it never got to a commit");
    let backups = backup_tasks(&workers);
    assert!(backups.iter().any(|&index| index < maps), "{backups:?}");
    assert!(backups.iter().any(|&index| index >= maps), "{backups:?}");
}

#[test]
fn without_backups_one_worker_holds_up_the_job() {
    let cluster = books().start();
    let (mut straggler, mut master) = with_straggler(&cluster, &[]);
    let mut workers = helpers(&cluster, "false");
    let beats = || cluster.ask::<u64>(&["HGET", &cluster.key("meta"), "beats"]);
    eventually(DEADLINE, "all but one map task are done", || {
        cluster.done() + 1 == cluster.maps()
    });
    // It goes on to show that it lives, three times a second: far longer than any other task took.
    let before = beats();
    eventually(DEADLINE, "it renews its lease", || beats() >= before + 6);
    assert_eq!((cluster.done() + 1, cluster.pending()), (cluster.maps(), 1));
    assert_eq!(cluster.held_by(&straggler), 1);

    straggler.kill();
    // One with the lease of the cluster takes it over.
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
    let counters = || cluster.ask::<Vec<String>>(&["HGETALL", &cluster.key("counters")]);
    let before = counters();
    straggler.resume();
    assert_eq!(straggler.exit(), 0);
    straggler.assert_log("reply=Duplicate");
    assert_eq!((counters(), cluster.pending()), (before, 0));
    // Nor does it leave what it would have committed.
    assert_eq!(cluster.blobs(0..u64::MAX), Vec::<String>::new());
}
