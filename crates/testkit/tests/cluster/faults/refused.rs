//! Servers and users that cannot run jobs, which are refused at the start with the cause. Jobs of other versions.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use testkit::{Cluster, DEADLINE, Process, eventually};

use super::progress::await_more;
use crate::support::{assert_ends_well, books, hurry, long_books};

/// Checks that master, worker and `mapreduce health` exit with 69, and that their last lines contain `texts`.
fn assert_refused(cluster: &Cluster, settings: &[(&str, &str)], texts: &[&str]) {
    let mut all = [
        cluster.master_with(settings),
        cluster.worker_with(settings),
        cluster.start("mapreduce", &["health"], settings),
    ];
    for process in &mut all {
        assert_eq!(process.exit(), 69);
        let log = process.log();
        let error = log.lines().last().unwrap_or_default();
        assert!(error.starts_with("error: "), "{log}");
        for text in texts {
            assert!(error.contains(text), "{text} is not in: {error}");
        }
    }
    cluster.assert_no_output();
}

/// Starts a fake server of this version, which answers the commands of a connection test. Returns its port.
fn fake_server(version: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let serve = move |stream: TcpStream| -> std::io::Result<()> {
        for line in BufReader::new(stream.try_clone()?).lines() {
            let line = line?;
            // A request consists of the number of words, and the length and text of each word, on separate lines.
            if line.eq_ignore_ascii_case("info") {
                let info = format!("# Server\r\nredis_version:{version}\r\n");
                write!(&stream, "${}\r\n{info}\r\n", info.len())?;
            } else if ["ping", "unwatch", "client"].contains(&line.to_lowercase().as_str()) {
                write!(&stream, "+OK\r\n")?;
            }
        }
        Ok(())
    };
    // The thread ends with the test process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    port
}

#[test]
fn a_redis_before_7_is_refused_with_the_required_version() {
    let cluster = books().start();
    let url = format!("redis://127.0.0.1:{}", fake_server("6.2.14"));
    assert_refused(
        &cluster,
        &[("redis.url", &url)],
        &["6.2.14", "7.0 or newer"],
    );
}

#[test]
fn a_node_of_a_cluster_is_refused() {
    let cluster = books().redis(&["--cluster-enabled", "yes"]).start();
    assert_refused(&cluster, &[], &["cluster", "redis.url"]);
}

/// Row 20: processes check the policy whenever they connect.
#[test]
fn an_eviction_policy_ends_the_job_once_redis_has_restarted_with_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("policy.conf");
    let set = |policy: &str| {
        fs::write(&file, format!("maxmemory-policy {policy}\n")).expect("a file");
    };
    set("noeviction");
    let include = ["--include", &*file.to_string_lossy()];
    let cluster = long_books().redis(&include).start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    cluster.await_done(10);
    cluster.redis().save();
    set("allkeys-lru");
    assert!(cluster.done() < cluster.total(), "the job is over");
    cluster.redis().kill();
    // Without this wait, Redis could restart before the master uses its connection, which would not notice it.
    master.await_log("the store failed");
    cluster.redis().restart();
    assert_eq!(master.exit(), 69);
    for text in ["error: ", "allkeys-lru", "noeviction"] {
        master.assert_log(text);
    }
    cluster.assert_no_output();
    // Workers see the policy too, or wait for a master, which is refused.
    for worker in &mut workers {
        let code = worker.ended();
        assert!([None, Some(69)].contains(&code), "{code:?}");
    }
    assert_eq!(cluster.master().exit(), 69);
}

/// Returns the URL with the user of `deploy/users.conf` and its password.
fn url_of_user(cluster: &Cluster) -> String {
    let url = cluster.redis().url();
    url.replace("redis://", "redis://mapreduce:a-long-password@")
}

fn users() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/users.conf");
    file.to_string_lossy().into_owned()
}

/// Row 24: the permissions that programs check at the start suffice.
#[test]
fn a_job_needs_only_the_permissions_of_the_included_file() {
    for live in [false, true] {
        let config = books().redis(&["--include", &users()]);
        let config = if live { config.live() } else { config };
        let cluster = config
            .set("checkpoint.interval", "100ms")
            .set("worker.slow", "20ms")
            .start();
        let url = url_of_user(&cluster);
        let settings = [("redis.url", url.as_str())];
        let mut master = cluster.master_with(&settings);
        let mut crasher = cluster.worker_with(&[settings[0], ("crash.at", "before-commit")]);
        let mut workers = [
            cluster.worker_with(&settings),
            cluster.worker_with(&settings),
        ];
        assert_eq!(crasher.exit(), 137);
        assert_ends_well(&cluster, &mut master, &mut workers);
        let denied: Vec<redis::Value> = cluster.query(&["ACL", "LOG"]);
        assert!(denied.is_empty(), "{denied:?}");
    }
}

/// Row 24. The tests of the store check each permission separately.
#[test]
fn a_user_who_lacks_permissions_is_refused_before_the_job_starts() {
    let cluster = books().redis(&["--include", &users()]).start();
    let _: () = cluster.query(&["ACL", "SETUSER", "mapreduce", "-zincrby", "-xack"]);
    let url = url_of_user(&cluster);
    let texts = ["lacks the permission", "xack, zincrby", "deploy/users.conf"];
    assert_refused(&cluster, &[("redis.url", &url)], &texts);
    assert!(cluster.jobs().is_empty(), "the job has started");
}

/// Row 29: a master of another version has planned the job.
#[test]
fn a_worker_skips_a_job_of_another_version_and_logs_it() {
    let cluster = books().start();
    let mut master = cluster.master();
    master.await_log("progress");
    let meta = cluster.key("meta");
    let ours: String = cluster.query(&["HGET", &meta, "abi"]);
    let _: u64 = cluster.query(&["HSET", &meta, "abi", "another"]);
    let mut workers = cluster.workers(2);
    for worker in &workers {
        worker.await_log("skipping a job of another version");
    }
    assert_eq!((cluster.done(), cluster.pending()), (0, 0));
    let _: u64 = cluster.query(&["HSET", &meta, "abi", &ours]);
    // Workers check the job again when it is announced.
    let _: String = cluster.query(&["XADD", "mr:announce", "*", "job", &cluster.job()]);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// Number of times that another version replaces the library.
const ROUNDS: usize = 4;

/// Row 29: programs of another version share the Redis, and replace the function library repeatedly.
#[test]
fn a_job_continues_while_another_version_replaces_the_library_repeatedly() {
    let other = "#!lua name=mapreduce1\n\
        redis.register_function('mr1_version', function() return 'other' end)";
    let cluster = long_books().start();
    let version = || -> String { cluster.query(&["FCALL", "mr1_version", "0"]) };
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(10);
    let ours = version();
    for _ in 0..ROUNDS {
        let _: String = cluster.query(&["FUNCTION", "LOAD", "REPLACE", other]);
        eventually(DEADLINE, "a process restores our library", || {
            version() == ours
        });
        await_more(&cluster, 5);
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    let replaced = |process: &Process| {
        let log = process.log();
        log.matches("replacing the function library").count()
    };
    let times: usize = workers.iter().chain([&master]).map(replaced).sum();
    assert!(
        times >= ROUNDS,
        "our library was restored {times} times in {ROUNDS} rounds"
    );
}
