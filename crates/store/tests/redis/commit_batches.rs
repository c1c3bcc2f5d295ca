//! Commits in several batches that stop half-way.

use mapreduce_core::{Counters, Pairs};
use redis::Cmd;
use store::conformance::test_job::{TestJob, commit, worker};
use store::{CommitReply, TaskStore};

use crate::harness::{Redis, key};

const PAIRS: usize = 120_000;
const BATCH: usize = 50_000;

fn keys() -> Vec<String> {
    (0..PAIRS).map(|n| format!("k{n:06}")).collect()
}

/// Sends one commit batch, bypassing the store, as an attempt that dies afterwards.
fn send(
    redis: &Redis,
    task: &str,
    batch: usize,
    batches: usize,
    total: usize,
    keys: &[String],
) -> Vec<String> {
    let mut call = Cmd::new();
    call.arg("FCALL").arg("mr1_commit").arg(11);
    let names = [
        "meta", "tasks", "done", "failed", "dead", "counters", "counts", "workers", "events",
        "parts", "held",
    ];
    for name in names {
        call.arg(key(name));
    }
    call.arg(format!("{:032x}", 7))
        .arg(task)
        .arg(format!("1-{}", task.parse::<u32>().unwrap() + 1));
    call.arg("dead").arg(1).arg(batch).arg(batches).arg(total);
    call.arg("")
        .arg(2)
        .arg("emitted")
        .arg(total)
        .arg("records")
        .arg(1);
    for key in keys {
        call.arg(key).arg(1);
    }
    call.query(&mut redis.raw()).unwrap()
}

#[tokio::test]
async fn an_attempt_that_dies_between_batches_is_completed_by_another() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let task = job.claim_one("dead").await.task;
    let keys = keys();
    for batch in [0, 2, 0] {
        let end = PAIRS.min((batch + 1) * BATCH);
        assert_eq!(
            send(&redis, "0", batch, 3, PAIRS, &keys[batch * BATCH..end]),
            ["PART"]
        );
    }
    let status = job.status().await;
    assert_eq!(
        (status.done, status.pending, status.counters.emitted),
        (0, 1, 0)
    );
    // The other attempt has the pairs in another order.
    let mut pairs = Pairs::default();
    for key in keys.iter().rev() {
        pairs.push(key.as_bytes(), 1);
    }
    assert_eq!(
        job.commit_pairs("b", &task, pairs).await,
        CommitReply::Committed
    );
    let found = job.results().await;
    assert_eq!(found.len(), PAIRS);
    assert!(found.values().all(|count| *count == 1));
    let status = job.status().await;
    assert_eq!(
        (status.done, status.pending, status.counters.records),
        (1, 0, 1)
    );
    assert_eq!(redis.run::<u32>(&["EXISTS", &key("parts")]), 0);
}

#[tokio::test]
async fn inconsistent_batches_are_refused_and_not_counted() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    job.claim_one("w").await;
    let keys = keys();
    assert_eq!(send(&redis, "0", 0, 3, 9, &keys[..3]), ["PART"]);
    let before = redis.contents();
    let cases = [
        (1, 2, 9, 3..6, "differ"),
        (1, 3, 8, 3..6, "differ"),
        (3, 3, 9, 3..6, "batch 3 of 3"),
        (1, 3, 9, 3..10, "add up"),
    ];
    for (batch, batches, total, range, names) in cases {
        let reply = send(&redis, "0", batch, batches, total, &keys[range]);
        assert!(reply[0] == "BAD" && reply[1].contains(names), "{reply:?}");
        assert_eq!(redis.contents(), before);
    }
    assert_eq!(send(&redis, "0", 1, 3, 9, &keys[3..6]), ["PART"]);
    let before = redis.contents();
    let short = send(&redis, "0", 2, 3, 9, &keys[6..8]);
    assert!(
        short[0] == "BAD" && short[1].contains("add up"),
        "{short:?}"
    );
    assert_eq!(redis.contents(), before);
    assert_eq!(send(&redis, "0", 2, 3, 9, &keys[6..9]), ["OK"]);
    assert_eq!(job.results().await.len(), 9);
}

#[tokio::test]
async fn a_large_commit_above_2_53_is_refused_before_its_first_batch() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    let claims = job.claim("w", 2).await;
    let most = (1 << 53) - PAIRS as u64 + 1;
    assert_eq!(
        job.commit("w", &claims[0].task, &[("z", most)]).await,
        CommitReply::Committed
    );
    let before = redis.contents();
    let pairs: Pairs = keys().iter().map(|key| (key.as_bytes(), 1)).collect();
    let mut output = commit(&claims[1].task, pairs);
    output.counters = Counters::default();
    let reply = job
        .store
        .commit(job.job(), &worker("w"), &output)
        .await
        .unwrap();
    assert!(
        matches!(&reply, CommitReply::Refused(text) if text.contains("2^53")),
        "{reply:?}"
    );
    assert_eq!(redis.contents(), before);
}
