//! Observation of a running job: its keys, logs, `status` and `health`.

use std::collections::BTreeMap;

use testkit::{DEADLINE, Data, Tokenizer, eventually};

use crate::support::{assert_ends_well, books, hurry};

#[test]
fn the_keys_of_a_running_job_show_its_progress() {
    let data = Data::books(Tokenizer::Words);
    let last: BTreeMap<String, u64> = serde_json::from_slice(&data.expected).unwrap();
    let cluster = books().live().set("worker.slow", "100ms").start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(3);
    let (mut top, mut polls, mut held) = (BTreeMap::<String, u64>::new(), 0, 0);
    cluster.await_done(1);
    eventually(DEADLINE, "the job ends", || {
        let tasks: u64 = cluster.query(&["XLEN", &cluster.key("tasks")]);
        assert_eq!(
            tasks,
            cluster.total(),
            "no attempt fails, so no entry is added"
        );
        let pending = cluster.pending();
        assert!(pending <= 12, "three workers with two slots hold {pending}");
        held = held.max(pending);
        let range = ["ZREVRANGE", &cluster.key("counts"), "0", "9", "WITHSCORES"];
        let now: Vec<(String, u64)> = cluster.query(&range);
        for (word, count) in now {
            assert!(count <= last[&word], "{word}: {count} of {}", last[&word]);
            let before = top.insert(word, count).unwrap_or_default();
            assert!(before <= count, "a count fell from {before} to {count}");
        }
        polls += 1;
        master.ended().is_some()
    });
    assert!(polls > 3, "{polls} polls are too few for this test");
    assert!(held > 0);
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn the_master_logs_progress_and_checkpoints() {
    let cluster = books()
        .set("worker.slow", "150ms")
        .set("checkpoint.interval", "500ms")
        .start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
    let log = master.log();
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    assert!(lines("progress state=\"MAP\"") >= 2, "{log}");
    assert!(lines("checkpoint taken age_seconds=") >= 2, "{log}");
    assert!(cluster.redis().dump().exists());
}

#[test]
fn status_shows_the_running_and_the_completed_job() {
    let cluster = books().set("worker.slow", "500ms").start();
    let mut none = cluster.start("mapreduce", &["status"], &[]);
    assert_eq!(none.exit(), 0);
    none.assert_log("no unfinished jobs");
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(5);
    let mut status = cluster.start("mapreduce", &["status"], &[]);
    assert_eq!(status.exit(), 0);
    let job = cluster.job();
    status.assert_log(&format!("{job}: MAP "));
    let total = cluster.total();
    status.assert_log(&format!("/{total} tasks done"));
    status.assert_log("2 workers");
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    let mut status = cluster.start("mapreduce", &["status"], &[("job.id", &job)]);
    assert_eq!(status.exit(), 0);
    status.assert_log(&format!(
        "{job}: DONE {total}/{total} tasks done, 0 pending"
    ));
}

#[test]
fn health_reports_whether_redis_can_be_used() {
    let cluster = books().start();
    let mut health = cluster.start("mapreduce", &["health"], &[]);
    assert_eq!(health.exit(), 0);
    health.assert_log("is usable");
    cluster.redis().kill();
    let mut health = cluster.start("mapreduce", &["health"], &[]);
    assert_eq!(health.exit(), 69);
    health.assert_log("redis.url");
}
