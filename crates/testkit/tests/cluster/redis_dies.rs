//! A Redis that dies and returns with older data, or without data.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{Cluster, DEADLINE, Process, eventually};
use tokio::time::Instant;

use crate::support::{assert_ends_well, books, hurry, long_books};

/// Returns the state of the job if a part of its plan is stored.
fn planned(cluster: &Cluster) -> Option<String> {
    let jobs: Vec<String> = cluster.try_query(&["KEYS", "mr:{*}:meta"]).ok()?;
    let found = cluster.try_query(&["HMGET", jobs.first()?, "state", "next"]);
    let (state, next): (String, u64) = found.ok()?;
    (next > 0).then_some(state)
}

/// Waits until a part of the plan is stored. Returns the job's state at that moment.
fn await_planned(cluster: &Cluster) -> String {
    let mut state = None;
    eventually(DEADLINE, "a part of the plan is stored", || {
        state = planned(cluster);
        state.is_some()
    });
    state.expect("a part of the plan")
}

/// Waits like [`await_planned`], and suspends the master during each poll. Leaves it suspended.
fn await_planned_in_slices(cluster: &Cluster, master: &Process) -> String {
    let mut state = None;
    eventually(DEADLINE, "a part of the plan is stored", || {
        master.stop();
        state = planned(cluster);
        if state.is_none() {
            master.resume();
        }
        state.is_some()
    });
    state.expect("a part of the plan")
}

/// Waits for this time.
fn wait(time: Duration) {
    let end = Instant::now() + time;
    eventually(DEADLINE, "time passes", || Instant::now() >= end);
}

#[test]
fn a_job_continues_from_the_last_snapshot() {
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
fn a_job_starts_over_when_redis_returns_empty() {
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
fn a_job_with_checkpoints_survives_three_deaths_of_redis() {
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
fn a_job_survives_three_returns_of_an_empty_redis() {
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
fn a_partially_saved_plan_is_completed() {
    // More tasks than one call to Redis plans.
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
fn a_plan_lost_during_planning_is_made_again() {
    // About ten times as many tasks as one call plans, so that planning takes some time.
    let cluster = books().set("input.split_size", "256").start();
    let mut master = cluster.master();
    // Redis is killed repeatedly until this happens during the planning, which starts over each time. The master runs
    // in short slices, because a test on a busy machine would otherwise see only complete plans.
    let killed_while_planning = (0..50).any(|_| {
        let state = await_planned_in_slices(&cluster, &master);
        cluster.redis().restart_empty();
        master.resume();
        state == "PLANNING"
    });
    assert!(killed_while_planning, "the plan was always complete");
    let mut workers = cluster.workers(3);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// Kills the master after it has written the result and before it renames it, then restarts Redis with `restart`.
fn check_death_before_rename(restart: fn(&Cluster)) {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master_with(&[("crash.at", "before-rename")]);
    cluster.await_done(20);
    cluster.redis().save();
    assert!(
        cluster.done() < cluster.total(),
        "the job is over, so no commit would be lost"
    );
    hurry(&cluster, &mut workers);
    assert_eq!(master.exit(), 137);
    assert!(!cluster.output().exists());
    // The workers wait for the publication of the result.
    restart(&cluster);
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(!cluster.folder().join(".results.json.tmp").exists());
}

#[test]
fn an_unpublished_result_is_counted_again_after_a_rollback() {
    check_death_before_rename(|cluster| cluster.redis().restart());
}

#[test]
fn an_unpublished_result_is_counted_again_when_redis_returns_empty() {
    check_death_before_rename(|cluster| cluster.redis().restart_empty());
}

#[test]
fn a_job_waits_for_a_redis_that_loads_its_data() {
    // 100 ms for each key, about a second in total. Redis answers with LOADING meanwhile.
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
fn a_job_survives_a_redis_that_hangs_for_several_leases() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(20);
    let redis = Pid::from_raw(cluster.redis().pid().try_into().unwrap());
    kill(redis, Signal::SIGSTOP).unwrap();
    wait(Duration::from_secs(3));
    kill(redis, Signal::SIGCONT).unwrap();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// A lease that ended while Redis was unreachable does not mean that its worker is dead.
#[test]
fn a_worker_that_reconnects_first_does_not_reclaim_tasks_of_others() {
    const LEASE: Duration = Duration::from_secs(8);
    let reclaimed = |worker: &Process| worker.log().contains("took over");
    // One task fewer than workers, and no backup attempts, so that one worker is idle.
    let config = books().set("input.split_size", "768KiB");
    let config = config.set("worker.slots", "1").set("worker.lease", "8s");
    let config = config.set("worker.slow", "30s");
    let cluster = config.set("worker.backups", "false").start();
    let mut master = cluster.master();
    await_planned(&cluster);
    let tasks = cluster.maps();
    let mut workers = cluster.workers(usize::try_from(tasks).unwrap());
    eventually(DEADLINE, "every task has a worker", || {
        cluster.pending() == tasks
    });
    let idle = cluster.worker();
    idle.await_log("joined");
    cluster.redis().save();
    cluster.redis().kill();
    wait(LEASE + Duration::from_secs(1));
    workers.iter().for_each(Process::stop);
    cluster.redis().restart();
    // Longer than the pause between two attempts to connect, and a check of other workers' leases.
    wait(Duration::from_secs(3));
    workers.iter().for_each(Process::resume);
    eventually(DEADLINE, "every lease is renewed", || {
        reclaimed(&idle) || cluster.leases().iter().all(|lease| *lease < LEASE)
    });
    assert!(!reclaimed(&idle), "{}", idle.log());
    // The rest of the job does not matter. Fast workers complete it.
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
    let _: () = cluster.query(&["FLUSHALL"]);
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn workers_load_a_lost_library_without_the_master() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(20);
    master.stop();
    let _: () = cluster.query(&["FUNCTION", "FLUSH"]);
    let done: u64 = cluster.query(&["HLEN", &cluster.key("done")]);
    cluster.await_done(done + 20);
    master.resume();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}
