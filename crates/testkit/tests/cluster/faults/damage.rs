//! Files of Redis that a power cut or a bad disk has changed (row 18).

use std::fs;
use std::path::PathBuf;

use testkit::{Cluster, Config};

use crate::{assert_ends_well, books};

/// Every write goes to the log at once, so that the log is all there when Redis is killed.
const LOGGED: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

fn logged() -> Config {
    books().set("worker.slow", "60ms").redis(&LOGGED)
}

/// The log of writes since the last snapshot.
fn log_of_writes(cluster: &Cluster) -> PathBuf {
    let folder = cluster.redis().folder().join("appendonlydir");
    let mut files = fs::read_dir(folder).expect("the folder of the log of writes");
    let log = files.find_map(|file| {
        let path = file.expect("a file of the log").path();
        path.to_string_lossy()
            .ends_with(".incr.aof")
            .then_some(path)
    });
    log.expect("a log of writes")
}

#[test]
fn a_log_of_writes_that_is_torn_costs_its_last_write_and_nothing_else() {
    let cluster = logged().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(20);
    cluster.redis().kill();
    let log = log_of_writes(&cluster);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&log)
        .expect("the log");
    let length = file.metadata().expect("its length").len();
    // Shorter than any write, so that the last one is torn.
    file.set_len(length - 7).expect("the log is cut");
    assert!(cluster.redis().start_again(), "{}", cluster.redis().log());
    assert!(cluster.redis().log().contains("Truncating the AOF"));
    assert!(cluster.done() >= 19, "more than the last write is gone");
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// Redis dies with 20 tasks done, and its log of writes is overwritten by `noise` at this share of its length. If Redis
/// refuses it, it comes back empty. The job ends well, or without a result and with a cause.
fn check_changed(share: f64, noise: &[u8]) {
    let cluster = logged()
        .set("job.stall_timeout", "10s")
        .set("redis.deadline", "10s")
        .start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(20);
    cluster.redis().kill();
    let log = log_of_writes(&cluster);
    let mut bytes = fs::read(&log).expect("the log");
    let at = (bytes.len() as f64 * share) as usize;
    bytes[at..at + noise.len()].copy_from_slice(noise);
    fs::write(&log, bytes).expect("the log is changed");
    if !cluster.redis().start_again() {
        assert!(cluster.redis().log().contains("Bad file format"));
        fs::remove_dir_all(log.parent().expect("its folder")).expect("the log is removed");
        cluster.redis().restart();
    }
    match master.exit() {
        0 => {
            cluster.assert_exact();
            for worker in &mut workers {
                assert_eq!(worker.exit(), 0);
            }
        }
        code => {
            assert!([1, 69].contains(&code), "{code}");
            master.assert_log("error: ");
            cluster.assert_no_output();
        }
    }
}

#[test]
fn a_log_of_writes_that_is_changed_in_the_middle_never_gives_wrong_counts() {
    for share in [0.3, 0.5, 0.7] {
        // Lengths and framing stay as they are where this hits a value.
        check_changed(share, b"0");
        check_changed(share, &[0xff; 64]);
    }
}

#[test]
fn a_log_of_writes_that_has_lost_the_library_gives_no_wrong_counts() {
    // It is the first write of the log, some 40 kB.
    check_changed(0.001, &[b'x'; 64]);
}

#[test]
fn a_changed_snapshot_is_refused_by_redis_and_the_job_starts_over() {
    let cluster = books().set("worker.slow", "60ms").start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(20);
    cluster.redis().save();
    cluster.redis().kill();
    let dump = cluster.redis().dump();
    let mut bytes = fs::read(&dump).expect("the snapshot");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&dump, bytes).expect("the snapshot is changed");
    assert!(!cluster.redis().start_again(), "Redis took it");
    cluster.redis().restart_empty();
    assert_ends_well(&cluster, &mut master, &mut workers);
}
