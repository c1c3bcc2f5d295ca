//! Servers that are unsuitable, unhealthy or unreachable.

use std::process::Command;
use std::time::Duration;

use store::conformance::Harness;
use store::conformance::test_job::{TestJob, commit, worker};
use store::{CommitReply, JobStore, RedisOptions, RedisStore, StoreError, TaskStore};
use testkit::RedisServer;

use crate::harness::{Redis, options, store};

async fn refusal(url: &str) -> StoreError {
    store(url)
        .connect()
        .await
        .expect_err("the server must be refused")
}

fn is_fatal(error: &StoreError) -> bool {
    matches!(error, StoreError::Fatal { .. })
}

fn is_unavailable(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { .. })
}

#[tokio::test]
async fn a_server_that_may_evict_keys_is_refused() {
    for limit in ["0", "100mb"] {
        let server =
            RedisServer::start_with(&["--maxmemory", limit, "--maxmemory-policy", "allkeys-lru"]);
        let error = refusal(&server.url()).await;
        assert!(
            is_fatal(&error) && error.to_string().contains("noeviction"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_is_fatal_and_not_shown() {
    let server = RedisServer::start_with(&["--requirepass", "right"]);
    for user in ["", ":wr0ng@", "stranger:wr0ng@"] {
        let error = refusal(&format!("redis://{user}127.0.0.1:{}", server.port())).await;
        let text = error.to_string();
        assert!(
            is_fatal(&error) && text.contains("redis.url") && !text.contains("wr0ng"),
            "{error:?}"
        );
    }
    let url = format!("redis://:right@127.0.0.1:{}", server.port());
    store(&url).connect().await.unwrap();
}

#[tokio::test]
async fn a_missing_permission_is_fatal() {
    let redis = Redis::start();
    redis.run::<()>(&[
        "ACL", "SETUSER", "weak", "on", ">pw", "~*", "+@all", "-fcall",
    ]);
    let error = refusal(&format!(
        "redis://weak:pw@127.0.0.1:{}",
        redis.server.port()
    ))
    .await;
    assert!(
        is_fatal(&error) && error.to_string().contains("permission"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_unreachable_server_is_unavailable_and_named() {
    let server = RedisServer::start();
    let address = format!("127.0.0.1:{}", server.port());
    server.kill();
    let error = refusal(&server.url()).await;
    assert!(
        is_unavailable(&error) && error.to_string().contains(&address),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_replica_is_unavailable() {
    let (primary, replica) = (RedisServer::start(), Redis::start());
    replica.run::<()>(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
    let error = refusal(&replica.server.url()).await;
    assert!(
        is_unavailable(&error) && error.to_string().contains("primary"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_stopped_server_is_unavailable_until_it_continues() {
    let redis = Redis::start();
    let short_timeout = Duration::from_millis(300);
    let options = RedisOptions {
        response_timeout: short_timeout,
        connect_timeout: short_timeout,
        ..options(&redis.server.url())
    };
    let store = RedisStore::new(options).unwrap();
    store.connect().await.unwrap();
    let signal = |name: &str| {
        let status = Command::new("kill")
            .args([name, &redis.server.pid().to_string()])
            .status();
        assert!(status.unwrap().success());
    };
    signal("-STOP");
    for _ in 0..2 {
        let error = store.connect().await.unwrap_err();
        assert!(is_unavailable(&error), "{error:?}");
    }
    signal("-CONT");
    redis.until("server", "redis_version");
    store.connect().await.unwrap();
}

#[tokio::test]
async fn a_server_out_of_memory_is_full_and_counts_nothing() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let task = job.claim_one("w").await.task;
    let before = redis.contents();
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    let output = commit(&task, [(&b"a"[..], 1)].into_iter().collect());
    let name = worker("w");
    let error = job
        .store
        .commit(job.job(), &name, &output)
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Full { .. }) && error.to_string().contains("maxmemory"),
        "{error:?}"
    );
    // The status can still be read.
    assert_eq!(job.status().await.pending, 1);
    assert_eq!(redis.contents(), before);
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(
        job.commit("w", &task, &[("a", 1)]).await,
        CommitReply::Committed
    );
}

#[tokio::test]
async fn a_server_whose_snapshots_fail_is_unavailable_until_they_succeed() {
    let redis = Redis::start_with(&["--save", "3600 1000000"]);
    let job = TestJob::planned(&redis, 1).await;
    let task = job.claim_one("w").await.task;
    std::fs::create_dir(redis.server.dump()).unwrap();
    job.store.checkpoint().await.unwrap();
    redis.until("persistence", "rdb_last_bgsave_status:err");
    let output = commit(&task, [(&b"a"[..], 1)].into_iter().collect());
    let name = worker("w");
    let error = job
        .store
        .commit(job.job(), &name, &output)
        .await
        .unwrap_err();
    assert!(
        is_unavailable(&error) && error.to_string().contains("disk"),
        "{error:?}"
    );
    std::fs::remove_dir(redis.server.dump()).unwrap();
    let last = job.store.checkpoint().await.unwrap();
    assert!(!last.ok || last.running, "{last:?}");
    redis.until("persistence", "rdb_last_bgsave_status:ok");
    assert_eq!(
        job.commit("w", &task, &[("a", 1)]).await,
        CommitReply::Committed
    );
}

#[tokio::test]
async fn checkpoints_are_made_and_described() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    // Each call finds a running checkpoint or starts the next one.
    for _ in 0..5 {
        let last = job.store.checkpoint().await.unwrap();
        assert!(
            last.ok && last.age.is_some_and(|age| age < Duration::from_secs(60)),
            "{last:?}"
        );
    }
    redis.until("persistence", "rdb_bgsave_in_progress:0");
    redis.server.restart();
    assert_eq!(redis.store().connect().await.map(drop).ok(), Some(()));
    assert!(job.store.status(job.id()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_server_that_refuses_checkpoints_is_still_usable() {
    let redis = Redis::start();
    redis.run::<()>(&[
        "ACL", "SETUSER", "weak", "on", ">pw", "~*", "+@all", "-bgsave",
    ]);
    let store = store(&format!(
        "redis://weak:pw@127.0.0.1:{}",
        redis.server.port()
    ));
    store.connect().await.unwrap();
    for _ in 0..2 {
        let last = store.checkpoint().await.unwrap();
        assert_eq!((last.age, last.ok, last.running), (None, true, false));
    }
    store.reconnect().await.unwrap();
}
