//! Workers that die, are suspended, or are terminated.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use testkit::{Cluster, DEADLINE, Process, eventually};
use tokio::time::Instant;

use crate::support::{assert_ends_well, books, hurry, long_books};

/// Lease that outlasts any test.
const ENDLESS: (&str, &str) = ("worker.lease", "1h");

/// Runs a job with two workers and a third one that starts earlier and crashes at `point`.
fn check_crash(point: &str, reclaims: bool) {
    // No backup attempt may complete the task before its lease ends.
    let cluster = books().set("worker.backups", "false").start();
    let crash = [
        ("crash.at", point),
        ("crash.skip", "1"),
        ("worker.slots", "1"),
    ];
    let mut crasher = cluster.worker_with(&crash);
    cluster.await_idle(1);
    let slow = [("worker.slow", "40ms")];
    let mut workers = [cluster.worker_with(&slow), cluster.worker_with(&slow)];
    let mut master = cluster.master();
    assert_eq!(crasher.exit(), 137);
    crasher.assert_log("crash point reached");
    assert_ends_well(&cluster, &mut master, &mut workers);
    let reclaimed = |worker: &Process| {
        worker
            .log()
            .contains("reclaimed a task with an expired lease")
    };
    assert!(
        !reclaims || workers.iter().any(reclaimed),
        "no worker reclaimed the task of the dead one"
    );
}

#[test]
fn a_task_whose_worker_dies_after_the_claim_is_reclaimed() {
    check_crash("after-claim", true);
}

#[test]
fn a_task_whose_worker_dies_before_the_commit_is_reclaimed() {
    check_crash("before-commit", true);
}

#[test]
fn a_task_whose_worker_dies_after_the_commit_is_counted_once() {
    check_crash("after-commit", false);
}

#[test]
fn half_of_the_workers_may_crash_repeatedly() {
    let cluster = books().set("worker.max_attempts", "100").start();
    let crash = |point| {
        [
            ("crash.at", point),
            ("crash.probability", "0.1"),
            ("worker.slots", "1"),
        ]
    };
    let points = [crash("before-commit"), crash("after-commit")];
    let slow = [("worker.slow", "100ms"), ("worker.slots", "1")];
    let mut healthy = [cluster.worker_with(&slow), cluster.worker_with(&slow)];
    let mut sick = points.each_ref().map(|crash| cluster.worker_with(crash));
    let mut master = cluster.master();
    let mut crashes = 0;
    eventually(DEADLINE, "the master ends", || {
        for (worker, crash) in sick.iter_mut().zip(&points) {
            if worker.ended() == Some(137) {
                crashes += 1;
                *worker = cluster.worker_with(crash);
            }
        }
        master.ended().is_some()
    });
    assert_ends_well(&cluster, &mut master, &mut healthy);
    assert!(crashes > 0, "no worker crashed");
}

#[test]
fn workers_killed_at_any_moment_are_replaced_by_others() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(1);
    for worker in &mut workers {
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .subsec_nanos();
        let moment = Instant::now() + Duration::from_millis((nanos % 200).into());
        eventually(DEADLINE, "a random time has passed", || {
            Instant::now() >= moment
        });
        worker.kill();
        *worker = cluster.worker();
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_job_waits_for_new_workers_when_all_have_died() {
    let cluster = long_books().start();
    let mut dead = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(10);
    dead.iter_mut().for_each(Process::kill);
    let before = cluster.done();
    let mut workers = cluster.workers(2);
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(
        before < cluster.total(),
        "the dead workers had completed the job"
    );
}

/// Starts a worker that never renews its lease, and suspends it while it holds one task.
fn zombie(cluster: &Cluster) -> Process {
    let zombie = cluster.worker_with(&[ENDLESS, ("worker.slots", "1"), ("worker.slow", "1s")]);
    eventually(DEADLINE, "the worker claims a task", || {
        !cluster.jobs().is_empty() && cluster.pending() == 1
    });
    zombie.stop();
    zombie
}

#[test]
fn a_worker_suspended_beyond_its_lease_gets_a_duplicate_reply() {
    let cluster = books().set("worker.slow", "40ms").start();
    let mut master = cluster.master();
    let mut zombie = zombie(&cluster);
    let entry: Vec<(String, String, u64, u64)> =
        cluster.query(&["XPENDING", &cluster.key("tasks"), "workers", "-", "+", "1"]);
    let (_, number) = entry[0].0.split_once('-').expect("an entry id");
    let index = (number.parse::<u32>().unwrap() - 1).to_string();
    let mut workers = cluster.workers(2);
    // Another worker completes its task.
    eventually(DEADLINE, "the task is done", || {
        cluster.query(&["HEXISTS", &cluster.key("done"), &index])
    });
    zombie.resume();
    zombie.await_log("reply=Duplicate");
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_eq!(zombie.exit(), 0);
}

#[test]
fn a_worker_suspended_for_the_whole_job_changes_nothing() {
    let cluster = books().start();
    let mut master = cluster.master();
    let mut zombie = zombie(&cluster);
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
    let counts = |name: &str| cluster.query::<Vec<String>>(&["HGETALL", &cluster.key(name)]);
    let before = counts("counters");
    zombie.resume();
    assert_eq!(zombie.exit(), 0);
    zombie.assert_log("reply=Duplicate");
    assert_eq!(counts("counters"), before);
    assert_eq!(cluster.pending(), 0);
    // It also deletes the blob that it could not commit.
    assert_eq!(cluster.blobs(0..u64::MAX), Vec::<String>::new());
}

#[test]
fn a_worker_suspended_beyond_its_lease_continues_to_work() {
    let cluster = long_books();
    let cluster = cluster.set("worker.backups", "false").start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(3);
    cluster.await_done(5);
    workers[0].stop();
    let asleep = cluster.done();
    eventually(DEADLINE, "other workers reclaim its tasks", || {
        let mut others = workers[1..].iter();
        others.any(|worker| {
            worker
                .log()
                .contains("reclaimed a task with an expired lease")
        })
    });
    workers[0].resume();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(asleep < cluster.total());
}

#[test]
fn a_terminated_worker_finishes_its_tasks() {
    let cluster = long_books().set(ENDLESS.0, ENDLESS.1).start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(5);
    workers[0].terminate();
    assert_eq!(workers[0].exit(), 0);
    let left = cluster.done();
    workers[0].assert_log("finishing the running tasks");
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(left < cluster.total());
    assert!(!workers[0].log().contains("exiting with unfinished tasks"));
}

#[test]
fn a_terminated_worker_returns_tasks_that_take_too_long() {
    let cluster = books().set(ENDLESS.0, ENDLESS.1).start();
    let mut slow = cluster.worker_with(&[("worker.slow", "30m")]);
    let mut master = cluster.master();
    eventually(DEADLINE, "the worker claims two tasks", || {
        !cluster.jobs().is_empty() && cluster.pending() == 2
    });
    slow.terminate();
    // The worker returns its tasks after 8 seconds, within the 10 seconds that Docker grants.
    let asked = Instant::now();
    assert_eq!(slow.exit(), 0);
    assert!(
        asked.elapsed() < Duration::from_secs(20),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(cluster.pending(), 0);
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_terminated_idle_worker_ends_at_once() {
    let cluster = books().start();
    let mut worker = cluster.worker();
    cluster.await_idle(1);
    worker.terminate();
    assert_eq!(worker.exit_within(Duration::from_secs(20)), 0);
}
