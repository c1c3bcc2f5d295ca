//! Clocks that are set an hour ahead and an hour back while a job runs (row 23). They bear on speed alone.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use testkit::{Cluster, DEADLINE, Process, eventually};

use super::await_more;
use crate::{assert_ends_well, hurry, long_books};

/// A clock of a process, which can be set while the process runs.
struct Clock {
    folder: TempDir,
    words: Vec<String>,
}

impl Clock {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("offset");
        let words = [
            "env".to_owned(),
            // The second one keeps the memory of Redis out of the first one's start, which cannot do with it.
            format!("LD_PRELOAD={} libc.so.6", library()),
            format!("FAKETIME_TIMESTAMP_FILE={}", file.display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
        ];
        let clock = Self {
            folder,
            words: words.to_vec(),
        };
        clock.set(0);
        clock
    }

    /// Sets it to so many seconds from the right time.
    fn set(&self, seconds: i32) {
        let (new, file) = (
            self.folder.path().join("new"),
            self.folder.path().join("offset"),
        );
        // In one step: nobody must read half of it.
        fs::write(&new, format!("{seconds:+}\n")).expect("a file");
        fs::rename(new, file).expect("a file gets its name");
    }

    fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }
}

/// The library that tells processes another time.
fn library() -> String {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten();
    let places = folders.filter_map(|folder| {
        let path = folder.ok()?.path().join("faketime/libfaketimeMT.so.1");
        Some(path.to_string_lossy().into_owned())
    });
    let found = places
        .chain(
            ["/usr/lib", "/usr/lib64"]
                .map(|folder| format!("{folder}/faketime/libfaketimeMT.so.1")),
        )
        .find(|path| Path::new(path).exists());
    found.unwrap_or_else(|| {
        panic!(
            "there is no libfaketime; install it with `apt-get install faketime`, or let `cargo xtask test` do so"
        )
    })
}

/// A cluster whose Redis has this clock.
fn cluster(clock: &Clock) -> Cluster {
    long_books()
        .set("job.stall_timeout", "10s")
        .redis_through(&clock.words())
        .start()
}

/// Seconds by which the clock of Redis is ahead.
fn ahead(cluster: &Cluster) -> i64 {
    let (seconds, _): (i64, i64) = cluster.ask(&["TIME"]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    seconds - i64::try_from(now.expect("after 1970").as_secs()).expect("before the end of time")
}

#[test]
fn a_job_is_exact_though_the_clock_of_redis_is_set_an_hour_ahead_and_two_back() {
    let clock = Clock::new();
    let cluster = cluster(&clock);
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(10);
    for offset in [3600, -3600] {
        clock.set(offset);
        assert!(
            (ahead(&cluster) - i64::from(offset)).abs() < 60,
            "it is not set"
        );
        await_more(&cluster, 20);
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// A lease that is counted from the future does not end for an hour.
#[test]
fn a_worker_that_dies_before_the_clock_of_redis_is_set_back_does_not_hang_the_job() {
    let clock = Clock::new();
    let cluster = cluster(&clock);
    let mut dead = cluster.worker_with(&[("worker.slow", "30m"), ("worker.slots", "1")]);
    let mut master = cluster.master();
    dead.await_log(" worker=");
    eventually(DEADLINE, "it holds a task", || cluster.held_by(&dead) > 0);
    clock.set(-3600);
    dead.kill();
    let mut workers = cluster.workers(2);
    hurry(&cluster, &mut workers);
    let code = master.exit();
    if code == 0 {
        cluster.assert_exact();
    } else {
        assert_eq!(code, 1);
        master.assert_log("error: job ");
        master.assert_log("job.stall_timeout");
        cluster.assert_no_output();
    }
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0);
    }
}

#[test]
fn a_job_is_exact_though_the_clocks_of_master_and_a_worker_are_set() {
    let (ours, theirs) = (Clock::new(), Clock::new());
    let cluster = long_books().start();
    let mut master = cluster.start_through(&ours.words(), "master", &[]);
    let mut workers: Vec<Process> = cluster.workers(2);
    workers.push(cluster.start_through(&theirs.words(), "worker", &[]));
    cluster.await_done(10);
    for offset in [3600, -3600] {
        ours.set(offset);
        theirs.set(-offset);
        await_more(&cluster, 20);
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}
