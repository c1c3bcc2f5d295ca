//! Clocks that are set an hour ahead and an hour back during a job (row 23). They may only affect its speed.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use testkit::{Cluster, DEADLINE, Process, eventually};

use super::progress::await_more;
use crate::support::{assert_ends_well, hurry, long_books};

/// Clock of processes, which a test can set while they run.
struct Clock {
    folder: TempDir,
    wrapper: Vec<String>,
}

impl Clock {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("offset");
        let wrapper = [
            "env".to_owned(),
            // With libc first, the start of libfaketime does not use the allocator of Redis, which fails there.
            format!("LD_PRELOAD={} libc.so.6", library()),
            format!("FAKETIME_TIMESTAMP_FILE={}", file.display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
        ];
        let clock = Self {
            folder,
            wrapper: wrapper.to_vec(),
        };
        clock.set(0);
        clock
    }

    /// Sets the clock `seconds` ahead of the real time.
    fn set(&self, seconds: i32) {
        let (new, file) = (
            self.folder.path().join("new"),
            self.folder.path().join("offset"),
        );
        // The rename is atomic, so no process reads a partial file.
        fs::write(&new, format!("{seconds:+}\n")).expect("a file");
        fs::rename(new, file).expect("a file gets its name");
    }

    /// Returns a wrapper command for processes with this clock.
    fn wrapper(&self) -> Vec<&str> {
        self.wrapper.iter().map(String::as_str).collect()
    }
}

/// Returns the path of libfaketime.
fn library() -> String {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten();
    let paths = folders.filter_map(|folder| {
        let path = folder.ok()?.path().join("faketime/libfaketimeMT.so.1");
        Some(path.to_string_lossy().into_owned())
    });
    let found = paths
        .chain(
            ["/usr/lib", "/usr/lib64"]
                .map(|folder| format!("{folder}/faketime/libfaketimeMT.so.1")),
        )
        .find(|path| Path::new(path).exists());
    found.unwrap_or_else(|| {
        panic!(
            "cannot find libfaketime; install it with `apt-get install faketime`, or run `cargo xtask test`, which installs it"
        )
    })
}

/// Starts a cluster whose Redis has this clock.
fn cluster(clock: &Clock) -> Cluster {
    long_books()
        .set("job.stall_timeout", "10s")
        .redis_through(&clock.wrapper())
        .start()
}

/// Returns the number of seconds by which the clock of Redis is ahead.
fn ahead(cluster: &Cluster) -> i64 {
    let (seconds, _): (i64, i64) = cluster.query(&["TIME"]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    seconds - i64::try_from(now.expect("after 1970").as_secs()).expect("the time fits in 63 bits")
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
            "the clock is not set"
        );
        await_more(&cluster, 20);
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// A lease that was granted in the future does not end for an hour.
#[test]
fn a_worker_that_dies_before_the_clock_of_redis_is_set_back_does_not_hang_the_job() {
    let clock = Clock::new();
    let cluster = cluster(&clock);
    let mut dead = cluster.worker_with(&[("worker.slow", "30m"), ("worker.slots", "1")]);
    let mut master = cluster.master();
    dead.await_log(" worker=");
    eventually(DEADLINE, "the worker holds a task", || {
        cluster.held_by(&dead) > 0
    });
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
    let mut master = cluster.start_through(&ours.wrapper(), "master", &[]);
    let mut workers: Vec<Process> = cluster.workers(2);
    workers.push(cluster.start_through(&theirs.wrapper(), "worker", &[]));
    cluster.await_done(10);
    for offset in [3600, -3600] {
        ours.set(offset);
        theirs.set(-offset);
        await_more(&cluster, 20);
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}
