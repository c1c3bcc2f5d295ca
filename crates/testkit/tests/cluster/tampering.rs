//! Keys of a job that another client changes. The job ends with an error that names the cause, and never hangs.

use testkit::{Config, Data, Tokenizer};

use crate::support::{books, hurry, long, long_books};

/// Replaces a key of a running job by a string. The job must fail and name the key.
fn check(config: Config, name: &str) {
    let cluster = long(config).set("redis.deadline", "5s").start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(5);
    let key = cluster.key(name);
    let _: () = cluster.query(&["SET", &key, "tampered"]);
    let code = master.exit();
    assert!([1, 69].contains(&code), "{name}: {code}");
    assert!(
        master.log().contains(&key),
        "{name}: the log does not contain the key:\n{}",
        master.log()
    );
    cluster.assert_no_output();
    // Workers notice the end of the job or the key, or wait for another master.
    for worker in &mut workers {
        let code = worker.ended();
        assert!(
            [None, Some(0), Some(69)].contains(&code),
            "{name}: a worker ended with {code:?}"
        );
    }
}

#[test]
fn tampered_counts_end_the_job() {
    check(books().live(), "counts");
}

#[test]
fn a_tampered_table_of_completed_tasks_ends_the_job() {
    check(books(), "done");
}

#[test]
fn a_tampered_stream_of_tasks_ends_the_job() {
    check(books(), "tasks");
}

#[test]
fn tampered_metadata_ends_the_job() {
    check(books(), "meta");
}

#[test]
fn tampered_counters_end_the_job() {
    check(books(), "counters");
}

#[test]
fn a_tampered_stream_of_events_ends_the_job() {
    check(books(), "events");
}

/// Deletes a key of a running job that cannot be restored. The job must fail.
fn check_deleted(config: Config, name: &str) {
    let cluster = long(config).set("redis.deadline", "3s").start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(20);
    let _: () = cluster.query(&["DEL", &cluster.key(name)]);
    hurry(&cluster, &mut workers);
    let code = master.exit();
    assert!([1, 69].contains(&code), "{name}: {code}");
    master.assert_log("error: ");
    cluster.assert_no_output();
}

#[test]
fn incomplete_counts_are_not_published() {
    check_deleted(books().live(), "counts");
}

#[test]
fn deleted_counters_end_the_job() {
    check_deleted(books(), "counters");
    check_deleted(books().live(), "counters");
}

#[test]
fn a_deleted_table_of_completed_tasks_does_not_count_tasks_twice() {
    check_deleted(books(), "done");
    check_deleted(books().live(), "done");
}

#[test]
fn a_deleted_stream_of_tasks_is_made_again() {
    let cluster = long_books().start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(20);
    let _: () = cluster.query(&["DEL", &cluster.key("tasks")]);
    hurry(&cluster, &mut workers);
    crate::support::assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log("tasks were lost; adding them again");
}

#[test]
fn a_changed_count_is_not_published() {
    let cluster = long_books().live().set("redis.deadline", "3s").start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(20);
    let _: f64 = cluster.query(&["ZINCRBY", &cluster.key("counts"), "1", "the"]);
    hurry(&cluster, &mut workers);
    assert_eq!(master.exit(), 1);
    master.assert_log("the counts add up to");
    assert!(!cluster.output().exists());
}

#[test]
fn a_changed_sum_fails_a_shuffled_job_permanently() {
    let cluster = long_books().start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(20);
    let _: u64 = cluster.query(&["HINCRBY", &cluster.key("counters"), "emitted", "1"]);
    hurry(&cluster, &mut workers);
    assert_eq!(master.exit(), 1);
    master.assert_log("the sum of all counts");
    assert!(!cluster.output().exists());
    // The workers end, and the next run of the same command starts another job.
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0);
    }
    let (mut master, _workers) = (cluster.master(), cluster.workers(2));
    assert_eq!(master.exit(), 0);
    assert!(cluster.output().exists());
}

#[test]
fn a_job_id_of_another_plan_is_refused() {
    let cluster = books()
        .set("job.id", "mine")
        .set("worker.slow", "20ms")
        .start();
    let mut master = cluster.master();
    master.await_log("progress");
    let other = cluster.folder().join("other.json");
    let settings = [
        ("input.split_size", "32KiB"),
        ("job.output", &other.to_string_lossy()),
    ];
    let mut second = cluster.master_with(&settings);
    assert_eq!(second.exit(), 1);
    second.assert_log("the job id mine is taken by another plan");
    let mut workers = cluster.workers(2);
    crate::support::assert_ends_well(&cluster, &mut master, &mut workers);
    assert_eq!(cluster.job(), "mine");
}

#[test]
fn two_jobs_of_one_redis_do_not_mix() {
    let cluster = books().set("worker.slow", "20ms").start();
    let (spaces, other) = (
        Data::books(Tokenizer::Spaces),
        cluster.folder().join("other.json"),
    );
    let mut first = cluster.master();
    first.await_log("progress");
    let mut second = cluster.master_with(&[
        ("input.tokenizer", "spaces"),
        ("job.output", &other.to_string_lossy()),
    ]);
    second.await_log("progress");
    assert_eq!(cluster.jobs().len(), 2);
    // Workers join the oldest job, and end with it.
    for master in [&mut first, &mut second] {
        let mut workers = cluster.workers(2);
        assert_eq!(master.exit(), 0);
        for worker in &mut workers {
            assert_eq!(worker.exit(), 0);
        }
    }
    cluster.assert_exact();
    spaces.assert_result(&other);
}
