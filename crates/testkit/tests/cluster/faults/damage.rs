//! Files of Redis that a power cut or a bad disk has changed (row 18).

use std::fs;
use std::path::PathBuf;

use testkit::{Cluster, Config, Process};

use crate::{assert_ends_well, books};

/// Every write goes to the log at once, so that the log is all there when Redis is killed.
const LOGGED: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// A job that takes four seconds and more from its twentieth task on, with three workers.
fn slow() -> Config {
    books().set("worker.slow", "300ms")
}

fn logged() -> Config {
    slow().redis(&LOGGED)
}

/// Starts three workers and a master; Redis dies with twenty tasks done, and not all.
fn die_midway(cluster: &Cluster) -> (Vec<Process>, Process) {
    let (workers, master) = (cluster.workers(3), cluster.master());
    cluster.await_done(20);
    assert!(cluster.done() < cluster.total(), "the job is over");
    cluster.redis().kill();
    (workers, master)
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
    let (mut workers, mut master) = die_midway(&cluster);
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

/// What Redis says of a log that it refuses, whatever is wrong with it: its format, or the name of a command.
const REFUSED: &str = "reading the append only file";

/// Starts Redis again; whether it takes its log of writes.
fn takes_its_log(cluster: &Cluster) -> bool {
    // Somebody else may have the port for a moment.
    let end = (0..20).find_map(|_| {
        let runs = cluster.redis().start_again();
        (runs || cluster.redis().log().contains(REFUSED)).then_some(runs)
    });
    end.unwrap_or_else(|| panic!("{}", cluster.redis().log()))
}

/// Redis dies, and `change` is made to its log of writes at this share of its length. If Redis refuses it, it comes back
/// empty. The job ends well, or without a result and with a cause.
fn check_changed(share: f64, change: impl Fn(&mut [u8])) {
    let cluster = logged()
        .set("job.stall_timeout", "10s")
        // Longer than Redis is away, on a busy machine too: no worker gives up before the job is over.
        .set("redis.deadline", "20s")
        .start();
    let (mut workers, mut master) = die_midway(&cluster);
    let log = log_of_writes(&cluster);
    let before = fs::read(&log).expect("the log");
    let mut bytes = before.clone();
    let at = (bytes.len() as f64 * share) as usize;
    change(&mut bytes[at..]);
    assert!(bytes != before, "nothing is changed");
    fs::write(&log, bytes).expect("the log is changed");
    if !takes_its_log(&cluster) {
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
        check_changed(share, |rest| {
            rest[0] = if rest[0] == b'0' { b'1' } else { b'0' };
        });
        check_changed(share, |rest| rest[..64].fill(0xff));
    }
}

#[test]
fn a_log_of_writes_that_has_lost_the_library_gives_no_wrong_counts() {
    // It is the first write of the log, some 40 kB.
    check_changed(0.001, |rest| rest[..64].fill(b'x'));
}

#[test]
fn a_changed_snapshot_is_refused_by_redis_and_the_job_starts_over() {
    let cluster = slow().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(20);
    cluster.redis().save();
    assert!(cluster.done() < cluster.total(), "the job is over");
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
