//! Changed manifests, invalid outputs, and tasks that cannot be added again.

use mapreduce_core::TaskIndex;
use store::conformance::test_job::{TestJob, failure, payloads};
use store::{JobStore, OutputStore, ReopenReply, StoreError};

use crate::harness::{Redis, key};

/// The manifest of a task that the attempt `m0` did.
const MANIFEST: &str = r#"{"worker":"w","attempt":1,"entry":"1-1","parts":1,"counters":{"bytes":10,"records":1},"blob":{"attempt":"m0","bytes":2,"records":2,"sum":1152921504606846977}}"#;

#[tokio::test]
async fn a_manifest_describes_the_attempt_that_counts() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 1).await;
    job.store_all("m").await;
    let found: String = redis.run(&["HGET", &key("done"), "0"]);
    assert_eq!(found, MANIFEST);
}

/// Returns changed manifests. For each one it returns whether reading the output fails, and whether reopening fails.
fn changed_manifests() -> Vec<(String, bool, bool)> {
    let changed = |from: &str, to: &str| {
        assert!(MANIFEST.contains(from));
        MANIFEST.replacen(from, to, 1)
    };
    let (outputs, reopening) = (true, true);
    vec![
        (String::new(), outputs, reopening),
        ("text".to_owned(), outputs, reopening),
        ("1".to_owned(), outputs, reopening),
        ("[]".to_owned(), !outputs, reopening),
        (
            changed(r#""blob":{"#, r#""blob":7,"x":{"#),
            outputs,
            reopening,
        ),
        (
            changed(r#""bytes":2"#, r#""bytes":-2"#),
            outputs,
            !reopening,
        ),
        (
            changed(r#""entry":"1-1""#, r#""entry":1"#),
            !outputs,
            reopening,
        ),
        (changed("1-1", "first"), !outputs, reopening),
        (changed("entry", "e"), !outputs, reopening),
        (changed(r#""counters""#, r#""c""#), !outputs, reopening),
        (
            changed(r#""counters":{"#, r#""counters":1,"c":{"#),
            !outputs,
            reopening,
        ),
        (changed(r":10,", r#":"10","#), !outputs, reopening),
        (changed(r":10,", r#":"x","#), !outputs, reopening),
        (changed(r":10,", ":null,"), !outputs, reopening),
        (changed(r":10,", ":1.5,"), !outputs, reopening),
        (changed(r":10,", ":-1,"), !outputs, reopening),
        // More than the sum of all tasks.
        (changed(r":10,", ":11,"), !outputs, reopening),
    ]
}

#[tokio::test]
async fn a_changed_manifest_is_named_and_nothing_is_reopened() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 1).await;
    job.store_all("m").await;
    for (text, outputs, reopening) in changed_manifests() {
        redis.run::<u32>(&["HSET", &key("done"), "0", &text]);
        let before = redis.contents();
        if outputs {
            check_named(job.store.outputs(job.job(), 0..1).await, &text);
        }
        if reopening {
            let lost = failure("lost", 4);
            let reopen = job.store.reopen(job.job(), TaskIndex(0), "m0", &lost);
            check_named(reopen.await, &text);
        }
        assert_eq!(redis.contents(), before, "{text}");
    }
    redis.run::<u32>(&["HSET", &key("done"), "0", MANIFEST]);
    assert_eq!(job.reopen(0, "m0").await, ReopenReply::Reopened);
}

fn check_named<T: std::fmt::Debug>(reply: Result<T, StoreError>, text: &str) {
    let Err(StoreError::Fatal { detail }) = reply else {
        panic!("{text:?}: {reply:?}");
    };
    let named = detail.contains("task 0") && detail.contains("job");
    assert!(named, "{text:?}: {detail}");
}

#[tokio::test]
async fn reading_outputs_names_a_key_of_a_wrong_type() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 1).await;
    job.store_all("m").await;
    for name in [key("done"), key("meta")] {
        redis.run::<()>(&["RENAME", &name, "aside"]);
        redis.run::<()>(&["SET", &name, "text"]);
        let refused = job.store.outputs(job.job(), 0..1).await;
        let named = matches!(&refused, Err(StoreError::Fatal { detail }) if detail.contains(&name));
        assert!(named, "{refused:?}");
        redis.run::<()>(&["RENAME", "aside", &name]);
    }
    assert_eq!(job.attempts(0..1).await, [Some("m0".to_owned())]);
}

#[tokio::test]
async fn invalid_outputs_are_refused() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 1).await;
    job.claim_one("w").await;
    let before = redis.contents();
    let good = r#"{"attempt":"a","bytes":1,"records":2,"sum":3}"#;
    let changes = [
        ("{", "[{"),
        (r#""a""#, r#""""#),
        (r#""a""#, "1"),
        (r#""a""#, r#""a\u0000""#),
        (r#""a""#, r#""a","x":"b""#),
        (":1,", ":01,"),
        (":1,", ":,"),
        (":1,", ":1.5,"),
        (":1,", ":-1,"),
        (":1,", ":1e3,"),
        (":1,", ":10000000000000000000,"),
        (":3}", ":\"3\"}"),
        (":3}", ":3} "),
        (r#","sum":3"#, ""),
        (r#""sum""#, r#""sun""#),
    ];
    let mut outputs: Vec<String> = changes
        .iter()
        .map(|(from, to)| good.replacen(from, to, 1))
        .collect();
    outputs.push(good.replace("\"a\"", "\"a\nb\""));
    for output in &outputs {
        let reply = redis.call(
            "mr1_commit",
            &["0", "1-1", "w", "1", "0", "1", "0", output, "0"],
        );
        assert_eq!(reply[0], "BAD", "{output}: {reply:?}");
        assert_eq!(redis.contents(), before, "{output}");
    }
    // Batches, a total and counts belong to outputs that are counted in Redis.
    let calls: [&[&str]; 4] = [
        &["0", "1-1", "w", "1", "0", "2", "0", good, "0"],
        &["0", "1-1", "w", "1", "0", "1", "1", good, "0"],
        &["0", "1-1", "w", "1", "0", "1", "0", good, "0", "a", "1"],
        &["0", "1-1", "w", "1", "0", "1", "1", good, "0", "a", "1"],
    ];
    for call in calls {
        let reply = redis.call("mr1_commit", call);
        assert_eq!(reply[0], "BAD", "{call:?}");
        assert_eq!(redis.contents(), before, "{call:?}");
    }
    let most = good.replace(":1,", ":9999999999999999999,");
    let call = ["0", "1-1", "w", "1", "0", "1", "0", &most, "0"];
    assert_eq!(redis.call("mr1_commit", &call), ["OK"]);
    let found = job.store.outputs(job.job(), 0..1).await.unwrap();
    let bytes = found[0].as_ref().map(|output| output.bytes);
    assert_eq!(bytes, Some(9_999_999_999_999_999_999));
}

#[tokio::test]
async fn invalid_calls_to_reopen_are_refused() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 1).await;
    job.store_all("m").await;
    let before = redis.contents();
    let calls = [["00", "m0", "4"], ["x", "m0", "4"], ["0", "m0", ""]];
    for [index, attempt, max] in calls {
        let reply = redis.call("mr1_reopen", &[index, attempt, max, "lost"]);
        assert_eq!(reply[0], "BAD", "{index} {max}");
    }
    for (name, field) in [("counters", "bytes"), ("failed", "0")] {
        redis.run::<u32>(&["HSET", &key(name), field, "x"]);
        let reply = redis.call("mr1_reopen", &["0", "m0", "4", "lost"]);
        assert!(
            reply[0] == "BAD" && reply[1].contains(&key(name)),
            "{reply:?}"
        );
        match name {
            "failed" => redis.run::<u32>(&["HDEL", &key(name), field]),
            _ => redis.run::<u32>(&["HSET", &key(name), field, "10"]),
        };
    }
    assert_eq!(redis.contents(), before);
}

#[tokio::test]
async fn a_reopened_task_whose_entry_was_deleted_is_missing_until_it_is_repaired() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 2, 1).await;
    job.store_all("m").await;
    redis.run::<u32>(&["XDEL", &key("tasks"), "1-1"]);
    assert_eq!(job.reopen(0, "m0").await, ReopenReply::Reopened);
    assert_eq!(job.claim_rest("w").await, []);
    let missing = job.store.missing(job.job(), 9).await.unwrap();
    assert_eq!(missing, [TaskIndex(0)]);
    let task = (TaskIndex(0), payloads(0..1).remove(0));
    assert_eq!(job.store.repair(job.job(), &[task]).await.unwrap(), 1);
    job.store_all("again").await;
    let names = ["again0", "m1"].map(|name| Some(name.to_owned()));
    assert_eq!(job.attempts(0..2).await, names);
}

#[tokio::test]
async fn a_reopened_task_skips_ids_that_another_client_used() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 1).await;
    job.store_all("m").await;
    redis.run::<String>(&["XADD", &key("tasks"), "900-7", "idx", "6", "payload", "{}"]);
    assert_eq!(job.reopen(0, "m0").await, ReopenReply::Reopened);
    let claims = job.claim("w", 2).await;
    assert_eq!(claims[1].task.entry, "901-1");
    let end = "18446744073709551615";
    job.commit_stored("w", &claims[1].task, "again").await;
    redis.run::<String>(&["XADD", &key("tasks"), &format!("{end}-1"), "idx", "0"]);
    let before = redis.contents();
    let reply = redis.call("mr1_reopen", &["0", "again", "4", "lost"]);
    assert_eq!(reply[0], "BAD", "{reply:?}");
    assert_eq!(redis.contents(), before);
}

#[tokio::test]
async fn nothing_is_reopened_without_the_group() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 1).await;
    job.store_all("m").await;
    redis.run::<u32>(&["XGROUP", "DESTROY", &key("tasks"), "workers"]);
    let before = redis.contents();
    let lost = failure("lost", 4);
    let reopen = job.store.reopen(job.job(), TaskIndex(0), "m0", &lost);
    let reply = reopen.await;
    assert!(matches!(reply, Err(StoreError::Lost { .. })), "{reply:?}");
    assert_eq!(redis.contents(), before);
}
