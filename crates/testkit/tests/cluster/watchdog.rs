//! Stall diagnosis: when no task completes, the master logs the cause. A task that kills its workers fails the job.

use std::fs;

use redis::Value;
use testkit::{Cluster, Config, DEADLINE, Data, Process, Tokenizer, eventually};

use crate::support::{assert_ends_well, books, hurry, long_books};

/// Starts a cluster whose master logs a stall after a second instead of 20 s.
fn watched(config: Config) -> Cluster {
    config.set("job.stall_notice", "1s").start()
}

/// Waits for a stall message of the master that contains all of `texts`.
fn await_notice(master: &Process, texts: &[&str]) {
    let notice = |line: &str| {
        line.contains("no task has completed") && texts.iter().all(|text| line.contains(text))
    };
    eventually(DEADLINE, &format!("the master logs {texts:?}"), || {
        master.log().lines().any(notice)
    });
}

fn config_set(cluster: &Cluster, name: &str, value: &str) {
    let _: () = cluster.query(&["CONFIG", "SET", name, value]);
}

/// Returns the output of `mapreduce status`.
fn status(cluster: &Cluster) -> String {
    let mut status = cluster.start("mapreduce", &["status"], &[]);
    assert_eq!(status.exit(), 0);
    status.log()
}

#[test]
fn a_job_without_workers_logs_it_and_continues_with_the_first() {
    let cluster = watched(books());
    let mut master = cluster.master();
    await_notice(&master, &["WARN", "no worker has joined", "redis.url"]);
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn dead_workers_that_hold_tasks_are_named() {
    let cluster = watched(books().set("worker.lease", "5s"));
    let mut master = cluster.master();
    let mut dead = cluster.worker_with(&[("worker.slow", "30m")]);
    eventually(DEADLINE, "the worker claims a task", || {
        !cluster.jobs().is_empty() && cluster.pending() > 0
    });
    dead.kill();
    await_notice(
        &master,
        &["WARN", "send no heartbeats", "task 0 is held by"],
    );
    assert!(status(&cluster).contains("task 0 is held by"));
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_long_task_is_logged_and_does_not_end_the_job() {
    let slow = books()
        .set("worker.slow", "6s")
        .set("input.split_size", "1GiB");
    let cluster = watched(slow.set("job.stall_timeout", "4s"));
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    await_notice(&master, &["INFO", "normal for long tasks", "is held by"]);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn a_lack_of_memory_is_named_and_the_job_continues_after_it() {
    let cluster = watched(long_books());
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(10);
    config_set(&cluster, "maxmemory", "1mb");
    await_notice(
        &master,
        &[
            "WARN",
            "Redis is out of memory",
            "1048576",
            "raise maxmemory",
        ],
    );
    assert!(status(&cluster).contains("raise maxmemory"));
    config_set(&cluster, "maxmemory", "0");
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn failing_snapshots_are_named_and_the_job_continues_when_they_work() {
    let config = long_books()
        .redis(&["--save", "3600 1"])
        .set("checkpoint.interval", "300ms");
    let cluster = watched(config);
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(10);
    // Redis cannot replace a folder by a snapshot.
    let dump = cluster.redis().dump();
    eventually(DEADLINE, "a folder replaces the snapshot", || {
        fs::remove_file(&dump).ok();
        fs::create_dir(&dump).is_ok()
    });
    await_notice(&master, &["WARN", "Redis snapshots fail", "disk"]);
    fs::remove_dir(&dump).unwrap();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn an_eviction_policy_set_during_the_job_is_named() {
    let cluster = watched(books());
    let mut master = cluster.master();
    await_notice(&master, &["no worker has joined"]);
    config_set(&cluster, "maxmemory-policy", "allkeys-lru");
    await_notice(&master, &["may evict keys", "allkeys-lru", "noeviction"]);
    config_set(&cluster, "maxmemory-policy", "noeviction");
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

/// Acts as a worker that claims a task, renews its lease and returns the task.
fn return_task(cluster: &Cluster) {
    type Stream = (String, Vec<(String, Vec<String>)>);
    let tasks = cluster.key("tasks");
    let read = [
        "XREADGROUP",
        "GROUP",
        "workers",
        "idler",
        "COUNT",
        "1",
        "STREAMS",
        &tasks,
        ">",
    ];
    // The command fails if the job has just ended.
    let Ok(Some(read)) = cluster.try_query::<Option<Value>>(&read) else {
        return;
    };
    let claimed: Vec<Stream> = redis::from_redis_value(read).unwrap();
    let (entry, fields) = &claimed[0].1[0];
    let index = &fields[fields.iter().position(|name| name == "idx").unwrap() + 1];
    call(cluster, "mr1_renew", &["idler", entry]);
    call(cluster, "mr1_fail", &[index, entry, "idler", "0", "0", ""]);
}

fn call(cluster: &Cluster, function: &str, arguments: &[&str]) {
    let keys = [
        "meta", "tasks", "done", "failed", "dead", "counters", "counts", "workers", "events",
        "parts", "held",
    ];
    let keys = keys.map(|name| cluster.key(name));
    let plan: String = cluster.query(&["HGET", &keys[0], "plan"]);
    let count = keys.len().to_string();
    let mut words = vec!["FCALL", function, &count];
    words.extend(keys.iter().map(String::as_str));
    words.push(&plan);
    words.extend(arguments);
    let _: Value = cluster.query(&words);
}

#[test]
fn tasks_that_workers_only_return_are_named_and_end_the_job() {
    let cluster = watched(books().set("job.stall_timeout", "6s"));
    let mut master = cluster.master();
    eventually(DEADLINE, "the job is planned", || cluster.state() == "MAP");
    let mut code = None;
    eventually(DEADLINE, "the master ends", || {
        return_task(&cluster);
        code = master.ended();
        code.is_some()
    });
    assert_eq!(code, Some(1));
    await_notice(&master, &["WARN", "returned tasks unfinished"]);
    let log = master.log();
    let error = log.lines().last().unwrap_or_default();
    for part in [
        "error: ",
        "returned all tasks unfinished",
        "job.stall_timeout",
    ] {
        assert!(error.contains(part), "{log}");
    }
    cluster.assert_no_output();
}

/// Mapper that kills its worker at a record `poison`. The worker is the parent of the guard, which is the parent of the
/// command.
const KILLER: &str = "text=$(cat); case \"$text\" in *poison*) \
    kill -9 $(sed -n 's/^PPid:[^0-9]*//p' /proc/$PPID/status);; esac; printf '%s\\n' \"$text\"";

#[test]
fn a_task_that_kills_every_worker_fails_the_job_and_is_named() {
    let mut data = Data::books(Tokenizer::Words).unchecked();
    let input = tempfile::tempdir().unwrap();
    for (name, text) in [("a.txt", "well"), ("b.txt", "poison"), ("c.txt", "well")] {
        fs::write(input.path().join(name), format!("{text}\n")).unwrap();
    }
    data.input = input.path().to_path_buf();
    let config = Config::new(data)
        .set("worker.slots", "1")
        .set("worker.max_attempts", "3")
        // A backup attempt would die too, and count as another attempt.
        .set("worker.backups", "false")
        .set("job.reduces", "1");
    let cluster = watched(config);
    let mapper = format!("--mapper={KILLER}");
    let output = format!("--output={}", cluster.folder().join("o.txt").display());
    let arguments = [&mapper, "--reducer=cat", &output];
    let mut master = cluster.start("master", &arguments, &[]);
    let (mut worker, mut deaths) = (cluster.worker(), 0);
    eventually(DEADLINE, "the master ends", || {
        match worker.ended() {
            Some(137) => {
                deaths += 1;
                // Replace the worker at once, like a supervisor.
                worker = cluster.worker();
            }
            Some(code) => assert_eq!(code, 0),
            None => {}
        }
        master.ended().is_some()
    });
    assert_eq!(master.exit(), 1);
    assert_eq!(deaths, 3, "each of the attempts killed its worker");
    let log = master.log();
    let error = log.lines().last().unwrap_or_default();
    for part in [
        "error: ",
        "task 1 (b.txt, bytes 0 to 7",
        "attempted 3 times",
        "worker.max_attempts",
    ] {
        assert!(error.contains(part), "{part} is not in {log}");
    }
    assert!(!cluster.folder().join("o.txt").exists());
}
