//! Redis dies and comes back with less than it had.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{Cluster, DEADLINE, Process, eventually};
use tokio::time::Instant;

use crate::{assert_ends_well, books, hurry, long_books};

/// Waits until a part of the job's plan is there, and answers the job's state then.
fn await_planned(cluster: &Cluster) -> String {
    let mut found = None;
    eventually(DEADLINE, "a part of the plan is there", || {
        let jobs: Vec<String> = cluster
            .try_ask(&["KEYS", "mr:{*}:meta"])
            .unwrap_or_default();
        let Some(meta) = jobs.first() else {
            return false;
        };
        found = cluster.try_ask(&["HMGET", meta, "state", "next"]).ok();
        found
            .as_ref()
            .is_some_and(|(_, next): &(String, u64)| *next > 0)
    });
    found.expect("it was waited for").0
}

/// Lets time pass.
fn pass(time: Duration) {
    let end = Instant::now() + time;
    eventually(DEADLINE, "time passes", || Instant::now() >= end);
}

#[test]
fn a_job_goes_on_from_the_last_snapshot() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(10);
    cluster.redis().save();
    let saved = cluster.done();
    cluster.await_done(saved + 20);
    assert!(cluster.done() < cluster.total(), "the job is over");
    cluster.redis().restart();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(saved + 20 < cluster.total());
    master.assert_log("the store restarted");
}

#[test]
fn a_job_starts_over_when_redis_comes_back_empty() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(40);
    cluster.redis().restart_empty();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("the store restarted");
}

#[test]
fn a_job_survives_redis_dying_three_times_with_checkpoints() {
    let cluster = long_books().set("checkpoint.interval", "200ms").start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    for done in [15, 30, 45] {
        cluster.await_done(done);
        cluster.redis().restart();
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_eq!(master.log().matches("the store restarted").count(), 3);
}

#[test]
fn a_job_survives_redis_coming_back_empty_three_times() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    for _ in 0..3 {
        cluster.await_done(20);
        cluster.redis().restart_empty();
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_plan_of_which_a_part_was_saved_is_completed() {
    // More tasks than are handed over in one call.
    let cluster = books().set("input.split_size", "1KiB").start();
    let crash = [("crash.at", "while-planning"), ("crash.skip", "1")];
    assert_eq!(cluster.master_with(&crash).exit(), 137);
    assert_eq!(await_planned(&cluster), "PLANNING");
    cluster.redis().save();
    cluster.redis().restart();
    let mut master = cluster.master();
    let mut workers = cluster.workers(3);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_plan_that_redis_forgot_while_it_was_made_is_made_again() {
    // Some ten times as many tasks as are handed over in one call, so that planning takes a while.
    let cluster = books().set("input.split_size", "256").start();
    let mut master = cluster.master();
    // Redis dies until it has died while the master planned, which begins anew each time.
    let tries = (0..50).position(|_| {
        let planning = await_planned(&cluster) == "PLANNING";
        cluster.redis().restart_empty();
        planning
    });
    assert!(tries.is_some(), "it was always too late");
    let mut workers = cluster.workers(3);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// The job is done and its result written, not yet renamed, as the master dies, and then Redis.
fn check_death_before_rename(come_back: fn(&Cluster)) {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master_with(&[("crash.at", "before-rename")]);
    cluster.await_done(20);
    cluster.redis().save();
    assert!(cluster.done() < cluster.total(), "nothing would be lost");
    hurry(&cluster, &mut workers);
    assert_eq!(master.exit(), 137);
    assert!(!cluster.output().exists());
    // The workers wait until the result is published.
    come_back(&cluster);
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(!cluster.folder().join(".results.json.tmp").exists());
}

#[test]
fn a_result_not_yet_published_is_counted_again_after_a_rollback() {
    check_death_before_rename(|cluster| cluster.redis().restart());
}

#[test]
fn a_result_not_yet_published_is_counted_again_when_redis_forgot_all() {
    check_death_before_rename(|cluster| cluster.redis().restart_empty());
}

#[test]
fn a_redis_that_loads_for_long_is_waited_for() {
    // A second or so: 100 ms for each key of the job, which answers with LOADING meanwhile.
    let slow = [
        "--key-load-delay",
        "100000",
        "--loading-process-events-interval-bytes",
        "1024",
    ];
    let cluster = long_books().redis(&slow).start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(10);
    cluster.redis().save();
    cluster.redis().restart();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_redis_that_hangs_for_several_leases_costs_nothing_but_time() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(20);
    let redis = Pid::from_raw(cluster.redis().pid().try_into().unwrap());
    kill(redis, Signal::SIGSTOP).unwrap();
    pass(Duration::from_secs(3));
    kill(redis, Signal::SIGCONT).unwrap();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// Leases that ended while nobody could renew them say nothing of those who hold them.
#[test]
fn a_worker_that_finds_redis_again_first_takes_nothing_from_the_others() {
    const LEASE: Duration = Duration::from_secs(8);
    let took_over = |worker: &Process| worker.log().contains("took over");
    // One task fewer than workers; and nobody attempts what another holds for long.
    let config = books().set("input.split_size", "768KiB");
    let config = config.set("worker.slots", "1").set("worker.lease", "8s");
    let config = config.set("worker.slow", "30s");
    let cluster = config.set("worker.backups", "false").start();
    let mut master = cluster.master();
    await_planned(&cluster);
    let tasks = cluster.maps();
    let mut workers = cluster.workers(usize::try_from(tasks).unwrap());
    eventually(DEADLINE, "every task is held", || {
        cluster.pending() == tasks
    });
    let idle = cluster.worker();
    idle.await_log("joined");
    cluster.redis().save();
    cluster.redis().kill();
    pass(LEASE + Duration::from_secs(1));
    workers.iter().for_each(Process::stop);
    cluster.redis().restart();
    // The longest pause between two tries to connect, and the way from there to a look at the leases of others.
    pass(Duration::from_secs(3));
    workers.iter().for_each(Process::resume);
    eventually(DEADLINE, "every lease is renewed", || {
        took_over(&idle) || cluster.leases().iter().all(|lease| *lease < LEASE)
    });
    assert!(!took_over(&idle), "{}", idle.log());
    // All has been shown; others end the job sooner.
    workers.push(idle);
    workers.iter_mut().for_each(Process::kill);
    workers.clear();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_job_whose_keys_are_flushed_starts_over() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(40);
    let _: () = cluster.ask(&["FLUSHALL"]);
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn workers_bring_a_lost_library_back_without_the_master() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(20);
    master.stop();
    let _: () = cluster.ask(&["FUNCTION", "FLUSH"]);
    let done: u64 = cluster.ask(&["HLEN", &cluster.key("done")]);
    cluster.await_done(done + 20);
    master.resume();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}
