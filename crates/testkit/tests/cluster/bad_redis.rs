//! A Redis that is unreachable, refuses requests, or is full.

use std::fs;
use std::time::Duration;

use testkit::{Cluster, Config, DEADLINE, Process, eventually};
use tokio::time::Instant;

use crate::support::{assert_ends_well, books, hurry, long, long_books};

/// Checks that master, worker and `mapreduce health` exit with 69. The last line of each log must contain `texts`, and
/// no log may contain the password.
fn check_refusal(cluster: &Cluster, settings: &[(&str, &str)], texts: &[&str]) {
    let start = Instant::now();
    let mut all = [
        cluster.master_with(settings),
        cluster.worker_with(settings),
        cluster.start("mapreduce", &["health"], settings),
    ];
    for process in &mut all {
        assert_eq!(process.exit_within(Duration::from_secs(40)), 69);
        let log = process.log();
        let error = log.lines().last().unwrap_or_default();
        assert!(error.starts_with("error: "), "{log}");
        for text in texts {
            assert!(error.contains(text), "{text} is not in: {error}");
        }
        assert!(
            !log.contains("sesame"),
            "the log contains the password: {log}"
        );
    }
    // The programs ended before the default deadline of a minute.
    assert!(start.elapsed() < Duration::from_secs(40));
    cluster.assert_no_output();
}

#[test]
fn an_unreachable_redis_is_named_after_the_deadline() {
    let cluster = books().set("redis.deadline", "2s").start();
    let url = cluster.redis().url().replace("//", "//:sesame@");
    cluster.redis().kill();
    check_refusal(
        &cluster,
        &[("redis.url", &url)],
        &["redis.url", "refused the connection"],
    );
}

#[test]
fn a_wrong_password_ends_all_programs_at_once() {
    let cluster = books().redis(&["--requirepass", "right"]).start();
    let url = cluster.redis().url().replace("//", "//:sesame@");
    check_refusal(&cluster, &[("redis.url", &url)], &["redis.url", "password"]);
    check_refusal(&cluster, &[], &["redis.url", "password"]);
}

#[test]
fn a_redis_that_may_evict_keys_is_refused_at_once() {
    let cluster = books()
        .redis(&["--maxmemory-policy", "allkeys-lru"])
        .start();
    check_refusal(&cluster, &[], &["allkeys-lru", "noeviction"]);
}

#[test]
fn a_replica_is_refused_after_the_deadline() {
    let cluster = books()
        .redis(&["--replicaof", "127.0.0.1 1"])
        .set("redis.deadline", "2s")
        .start();
    check_refusal(&cluster, &[], &["replica", "redis.url"]);
}

#[test]
fn a_worker_ends_when_redis_stays_unreachable() {
    let cluster = long_books().set("redis.deadline", "2s").start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(5);
    cluster.redis().kill();
    assert_eq!(master.exit(), 69);
    master.assert_log("redis.url");
    for worker in &mut workers {
        assert_eq!(worker.exit(), 69);
        worker.assert_log("redis.url");
    }
    cluster.assert_no_output();
}

/// Runs a job whose Redis is broken by `break_redis`, and repaired when a log contains `message`.
fn check_repaired(
    config: Config,
    break_redis: impl Fn(&Cluster),
    message: &str,
    repair: impl Fn(&Cluster),
) {
    let cluster = long(config).start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(3);
    cluster.await_done(10);
    break_redis(&cluster);
    eventually(DEADLINE, &format!("a log contains {message:?}"), || {
        let logged = |process: &Process| process.log().contains(message);
        logged(&master) || workers.iter().any(logged)
    });
    repair(&cluster);
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

fn config_set(cluster: &Cluster, name: &str, value: &str) {
    let _: () = cluster.query(&["CONFIG", "SET", name, value]);
}

#[test]
fn a_job_continues_when_redis_has_memory_again() {
    let break_redis = |cluster: &Cluster| config_set(cluster, "maxmemory", "1mb");
    let repair = |cluster: &Cluster| config_set(cluster, "maxmemory", "0");
    check_repaired(books(), break_redis, "raise maxmemory", repair);
}

#[test]
fn a_redis_that_stays_full_ends_all_processes_with_the_cause() {
    let cluster = long_books()
        .set("redis.deadline", "3s")
        .set("job.stall_timeout", "5s")
        .start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(10);
    config_set(&cluster, "maxmemory", "1mb");
    for worker in &mut workers {
        assert_eq!(worker.exit(), 69);
        worker.assert_log("raise maxmemory");
    }
    let code = master.exit();
    assert!([1, 69].contains(&code), "{code}");
    cluster.assert_no_output();
}

#[test]
fn a_job_continues_when_redis_accepts_writes_again() {
    let break_redis = |cluster: &Cluster| {
        let _: () = cluster.query(&["REPLICAOF", "127.0.0.1", "1"]);
    };
    let repair = |cluster: &Cluster| {
        let _: () = cluster.query(&["REPLICAOF", "NO", "ONE"]);
    };
    check_repaired(books(), break_redis, "replica", repair);
}

#[test]
fn a_job_continues_when_redis_has_replicas_again() {
    let break_redis = |cluster: &Cluster| config_set(cluster, "min-replicas-to-write", "1");
    let repair = |cluster: &Cluster| config_set(cluster, "min-replicas-to-write", "0");
    check_repaired(books(), break_redis, "replication is interrupted", repair);
}

#[test]
fn a_job_continues_when_snapshots_work_again() {
    let config = books()
        .redis(&["--save", "3600 1"])
        .set("checkpoint.interval", "300ms");
    // Redis cannot replace a folder by a snapshot.
    let break_redis = |cluster: &Cluster| {
        eventually(DEADLINE, "a folder replaces the snapshot", || {
            fs::remove_file(cluster.redis().dump()).ok();
            fs::create_dir(cluster.redis().dump()).is_ok()
        });
    };
    let repair = |cluster: &Cluster| fs::remove_dir(cluster.redis().dump()).unwrap();
    check_repaired(config, break_redis, "snapshots fail", repair);
}

#[test]
fn a_job_without_workers_fails_with_that_cause() {
    let cluster = books().set("job.stall_timeout", "3s").start();
    let mut master = cluster.master();
    assert_eq!(master.exit_within(Duration::from_secs(40)), 1);
    master.assert_log("no worker has joined");
    master.assert_log("job.stall_timeout");
    cluster.assert_no_output();
}

#[test]
fn a_job_whose_workers_have_died_fails_with_that_cause() {
    let cluster = books()
        .set("job.stall_timeout", "3s")
        .set("worker.slow", "1s")
        .start();
    let mut master = cluster.master();
    let mut worker = cluster.worker();
    cluster.await_done(1);
    worker.kill();
    assert_eq!(master.exit_within(Duration::from_secs(40)), 1);
    master.assert_log("no heartbeat and no completed task");
    cluster.assert_no_output();
}
