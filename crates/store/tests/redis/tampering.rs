//! Keys that another program changed, and invalid calls: refused before anything is written.

use std::time::Duration;

use mapreduce_core::TaskIndex;
use store::conformance::test_job::{TestJob, counts, failure, payloads, worker};
use store::{CommitReply, JobStore, OutputStore, StoreError, TaskStore};

use crate::harness::{KEYS, Redis, key};

#[tokio::test]
async fn a_key_of_a_wrong_type_is_named_and_nothing_changes() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    let task = job.claim_one("w").await.task;
    for name in KEYS {
        let (name, aside) = (key(name), "aside".to_owned());
        let existed = redis.run::<u32>(&["EXISTS", &name]) == 1;
        if existed {
            redis.run::<()>(&["RENAME", &name, &aside]);
        }
        redis.run::<()>(&["SET", &name, "text"]);
        let before = redis.contents();
        let reply = job.commit("w", &task, &[("a", 1)]).await;
        assert!(
            matches!(&reply, CommitReply::Refused(text) if text.contains(&name)),
            "{reply:?}"
        );
        let calls = [
            job.store
                .renew(job.job(), &worker("w"), std::slice::from_ref(&task))
                .await
                .map(drop),
            job.store
                .fail(job.job(), &worker("w"), task.clone(), None)
                .await
                .map(drop),
            job.store
                .plan(&job.header, 0, &payloads(0..2))
                .await
                .map(drop),
            job.store.missing(job.job(), 1).await.map(drop),
            job.store
                .reopen(job.job(), TaskIndex(0), "a", &failure("lost", 4))
                .await
                .map(drop),
            job.store
                .backup(job.job(), &worker("w"), Duration::ZERO)
                .await
                .map(drop),
            job.store.finish(job.job()).await.map(drop),
            job.store.abandon(job.job(), "reason").await,
            job.store.status(job.id()).await.map(drop),
        ];
        for call in calls {
            let named =
                matches!(&call, Err(StoreError::Fatal { detail }) if detail.contains(&name));
            assert!(named, "{call:?}");
        }
        assert_eq!(redis.contents(), before);
        redis.run::<u32>(&["DEL", &name]);
        if existed {
            redis.run::<()>(&["RENAME", &aside, &name]);
        }
    }
    assert_eq!(job.status().await.pending, 1);
    assert_eq!(
        job.commit("w", &task, &[("a", 1)]).await,
        CommitReply::Committed
    );
}

#[tokio::test]
async fn an_error_among_several_replies_is_reported_with_its_cause() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    job.claim_one("w").await;
    redis.run::<()>(&["SET", &key("failed"), "text"]);
    let refused = job.store.held(job.job(), &worker("w")).await;
    let named =
        matches!(&refused, Err(StoreError::Fatal { detail }) if detail.contains("WRONGTYPE"));
    assert!(named, "{refused:?}");
}

#[tokio::test]
async fn invalid_numbers_are_named_and_refused() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    let task = job.claim_one("w").await.task;
    let fields = [
        ("meta", "sum"),
        ("meta", "beats"),
        ("meta", "total"),
        ("meta", "maps"),
        ("counters", "records"),
    ];
    for (name, field) in fields {
        let good: Option<String> = redis.run(&["HGET", &key(name), field]);
        for text in ["x", "-1", "1.5", "9007199254740993", ""] {
            redis.run::<u32>(&["HSET", &key(name), field, text]);
            let before = redis.contents();
            let reply = job.commit("w", &task, &[("a", 1)]).await;
            assert!(
                matches!(&reply, CommitReply::Refused(text) if text.contains(field)),
                "{reply:?}"
            );
            assert_eq!(redis.contents(), before);
        }
        match good {
            Some(good) => redis.run::<u32>(&["HSET", &key(name), field, &good]),
            None => redis.run::<u32>(&["HDEL", &key(name), field]),
        };
    }
    assert_eq!(
        job.commit("w", &task, &[("a", 1)]).await,
        CommitReply::Committed
    );
}

#[tokio::test]
async fn invalid_commits_are_refused() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    job.claim("w", 2).await;
    let before = redis.contents();
    let mut calls: Vec<Vec<&str>> = Vec::new();
    // ARGV after the plan: idx entry worker attempt batch batches total output ncounters (name value)... (key count)...
    for count in [
        "0",
        "-1",
        "1.5",
        "1e3",
        "007",
        "",
        "x",
        "9007199254740993",
        "99999999999999999999",
    ] {
        calls.push(vec![
            "0", "1-1", "w", "1", "0", "1", "5", "", "0", "a", "4", "b", count,
        ]);
        calls.push(vec![
            "0", "1-1", "w", "1", "0", "1", "4", "", "1", "records", "-1", "a", "4",
        ]);
    }
    calls.push(vec![
        "0", "1-1", "w", "1", "0", "1", "4", "", "0", "a", "4", "b",
    ]);
    calls.push(vec!["0", "1-1", "w", "1", "0", "1", "5", "", "0", "a", "4"]);
    calls.push(vec!["0", "1-1", "w", "1", "0", "1", "4", "", "3", "a", "4"]);
    calls.push(vec!["0", "1-1", "w", "1", "0", "0", "4", "", "0", "a", "4"]);
    calls.push(vec![
        "0", "1-1", "w", "1.5", "0", "1", "4", "", "0", "a", "4",
    ]);
    // An entry of another task, an invalid entry, and a task outside the plan.
    calls.push(vec!["0", "1-2", "w", "1", "0", "1", "4", "", "0", "a", "4"]);
    calls.push(vec!["0", "x", "w", "1", "0", "1", "4", "", "0", "a", "4"]);
    calls.push(vec!["2", "1-3", "w", "1", "0", "1", "4", "", "0", "a", "4"]);
    calls.push(vec![
        "00", "1-1", "w", "1", "0", "1", "4", "", "0", "a", "4",
    ]);
    for call in calls {
        let reply = redis.call("mr1_commit", &call);
        assert!(
            reply[0] == "BAD" || reply[0] == "OVERFLOW",
            "{call:?}: {reply:?}"
        );
        assert_eq!(redis.contents(), before, "{call:?}");
    }
}

#[tokio::test]
async fn results_that_do_not_add_up_are_refused() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    job.complete("w", &[("a", 2), ("b", 3)]).await;
    job.results().await;
    for (member, score) in [("a", "3"), ("a", "1.5"), ("new", "1"), ("b", "inf")] {
        let before: Option<f64> = redis.run(&["ZSCORE", &key("counts"), member]);
        redis.run::<u32>(&["ZADD", &key("counts"), score, member]);
        let refused = job.store.results(job.job()).await;
        assert!(
            matches!(refused, Err(StoreError::Changed { .. })),
            "{refused:?}"
        );
        match before {
            Some(score) => redis.run::<u32>(&["ZADD", &key("counts"), &score.to_string(), member]),
            None => redis.run::<u32>(&["ZREM", &key("counts"), member]),
        };
    }
    assert_eq!(job.results().await, counts(&[("a", 2), ("b", 3)]));
}

#[tokio::test]
async fn keys_of_an_earlier_job_are_refused() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    job.complete("w", &[("a", 2)]).await;
    redis.run::<u32>(&["DEL", &key("meta")]);
    let before = redis.contents();
    let refused = job.store.plan(&job.header, 0, &payloads(0..1)).await;
    let named =
        matches!(&refused, Err(StoreError::Fatal { detail }) if detail.contains(&key("tasks")));
    assert!(named, "{refused:?}");
    assert_eq!(redis.contents(), before);
}

#[tokio::test]
async fn a_running_job_is_not_retired() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let refused = job.store.retire(job.job(), Duration::ZERO).await;
    assert!(
        matches!(refused, Err(StoreError::Changed { .. })),
        "{refused:?}"
    );
    assert_eq!(job.store.jobs().await.unwrap().len(), 1);
    job.complete("w", &[("a", 1)]).await;
    job.results().await;
    job.store
        .retire(job.job(), Duration::from_secs(600))
        .await
        .unwrap();
    for name in ["meta", "tasks", "done", "counters", "counts", "events"] {
        let left: i64 = redis.run(&["TTL", &key(name)]);
        assert!((1..=600).contains(&left), "{name} {left}");
    }
    job.store.retire(job.job(), Duration::ZERO).await.unwrap();
    let left: Vec<String> = redis.run(&["KEYS", "*{*"]);
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn redis_reports_claimed_and_uncommitted_tasks_as_pending() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 5).await;
    let claims = job.claim("w", 4).await;
    let pending = || {
        redis
            .server
            .cli(&["XPENDING", &key("tasks"), "workers"])
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(pending(), "4");
    for (claim, left) in claims.iter().zip(["3", "2", "1", "0"]) {
        assert_eq!(
            job.commit("w", &claim.task, &[("a", 1)]).await,
            CommitReply::Committed
        );
        assert_eq!(pending(), left);
        assert_eq!(
            job.commit("w", &claim.task, &[("a", 1)]).await,
            CommitReply::Duplicate
        );
        assert_eq!(pending(), left);
    }
    // No task is pending, but one is not done: the job is not finished.
    assert_ne!(
        job.store.finish(job.job()).await.unwrap(),
        store::FinishReply::Done
    );
    let manifest: String = redis.run(&["HGET", &key("done"), "0"]);
    assert_eq!(
        manifest,
        r#"{"worker":"w","attempt":1,"entry":"1-1","parts":1,"counters":{"bytes":10,"records":1,"emitted":1}}"#
    );
    assert_eq!(redis.run::<f64>(&["ZSCORE", &key("counts"), "a"]), 4.0);
}
