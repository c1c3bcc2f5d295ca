//! Files of Redis that a power cut or a bad disk has damaged (row 18).

use std::fs;
use std::path::PathBuf;

use testkit::{Cluster, Config, Process};

use crate::support::{assert_ends_well, books};

/// Redis syncs every write, so that the append-only file is complete when Redis is killed.
const LOGGED: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// Returns a job that runs for at least four seconds after its twentieth task, with three workers.
fn slow() -> Config {
    books().set("worker.slow", "300ms")
}

fn logged() -> Config {
    slow().redis(&LOGGED)
}

/// Starts three workers and a master. Kills Redis after twenty tasks, before the job is over.
fn die_midway(cluster: &Cluster) -> (Vec<Process>, Process) {
    let (workers, master) = (cluster.workers(3), cluster.master());
    cluster.await_done(20);
    assert!(cluster.done() < cluster.total(), "the job is over");
    cluster.redis().kill();
    (workers, master)
}

/// Returns the path of the append-only file.
fn append_only_file(cluster: &Cluster) -> PathBuf {
    let folder = cluster.redis().folder().join("appendonlydir");
    let mut files = fs::read_dir(folder).expect("the folder of the append-only file");
    let log = files.find_map(|file| {
        let path = file.expect("a file in that folder").path();
        path.to_string_lossy()
            .ends_with(".incr.aof")
            .then_some(path)
    });
    log.expect("an append-only file")
}

#[test]
fn a_torn_append_only_file_loses_only_its_last_write() {
    let cluster = logged().start();
    let (mut workers, mut master) = die_midway(&cluster);
    let log = append_only_file(&cluster);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&log)
        .expect("the log");
    let length = file.metadata().expect("its length").len();
    // Seven bytes are shorter than any write, so only the last write is torn.
    file.set_len(length - 7).expect("the log can be truncated");
    assert!(cluster.redis().start_again(), "{}", cluster.redis().log());
    assert!(cluster.redis().log().contains("Truncating the AOF"));
    assert!(cluster.done() >= 19, "more than the last write is lost");
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// Text in the log of a Redis that refuses its append-only file, because of its format or an unknown command.
const REFUSED: &str = "reading the append only file";

/// Starts Redis again. Returns whether it accepts its append-only file.
fn accepts_its_file(cluster: &Cluster) -> bool {
    // Another process may use the port for a moment.
    let end = (0..20).find_map(|_| {
        let runs = cluster.redis().start_again();
        (runs || cluster.redis().log().contains(REFUSED)).then_some(runs)
    });
    end.unwrap_or_else(|| panic!("{}", cluster.redis().log()))
}

/// Kills Redis, and calls `change` with the end of the append-only file from this share of its length on. If Redis
/// refuses the file, it restarts empty. The job must succeed, or end with an error and without a result.
fn check_changed(share: f64, change: impl Fn(&mut [u8])) {
    let cluster = logged()
        .set("job.stall_timeout", "10s")
        // No worker may end while Redis restarts, even on a busy machine.
        .set("redis.deadline", "20s")
        .start();
    let (mut workers, mut master) = die_midway(&cluster);
    let log = append_only_file(&cluster);
    let before = fs::read(&log).expect("the log");
    let mut bytes = before.clone();
    let at = (bytes.len() as f64 * share) as usize;
    change(&mut bytes[at..]);
    assert!(bytes != before, "the change has no effect");
    fs::write(&log, bytes).expect("the log can be written");
    if !accepts_its_file(&cluster) {
        fs::remove_dir_all(log.parent().expect("its folder")).expect("the log can be removed");
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
fn a_corrupt_append_only_file_never_gives_wrong_counts() {
    for share in [0.3, 0.5, 0.7] {
        // This keeps lengths and framing intact if it hits a value.
        check_changed(share, |rest| {
            rest[0] = if rest[0] == b'0' { b'1' } else { b'0' };
        });
        check_changed(share, |rest| rest[..64].fill(0xff));
    }
}

#[test]
fn an_append_only_file_without_the_library_never_gives_wrong_counts() {
    // The library is the first write in the file, about 40 kB.
    check_changed(0.001, |rest| rest[..64].fill(b'x'));
}

#[test]
fn redis_refuses_a_corrupt_snapshot_and_the_job_starts_over() {
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
    fs::write(&dump, bytes).expect("the snapshot can be written");
    assert!(
        !cluster.redis().start_again(),
        "Redis accepted the snapshot"
    );
    cluster.redis().restart_empty();
    assert_ends_well(&cluster, &mut master, &mut workers);
}
