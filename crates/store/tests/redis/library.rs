//! Loading the function library into Redis.

use store::conformance::Harness;
use store::conformance::test_job::TestJob;
use store::{JobStore, TaskStore};

use crate::harness::{Redis, store};

/// A library with the same name but of another version.
const OLDER: &str = "#!lua name=mapreduce1\n\
    redis.register_function('mr1_version', function() return 'older' end)\n\
    redis.register_function('mr1_plan', function() return { 'OLDER' } end)";

fn version(redis: &Redis) -> String {
    redis.run(&["FCALL", "mr1_version", "0"])
}

#[tokio::test]
async fn the_library_is_loaded_once() {
    let redis = Redis::start();
    redis.store().connect().await.unwrap();
    let ours = version(&redis);
    assert_eq!(ours.len(), 32, "{ours}");
    store(&redis.server.url()).reconnect().await.unwrap();
    assert_eq!(version(&redis), ours);
    assert_eq!(
        redis
            .server
            .cli(&["INFO", "commandstats"])
            .matches("cmdstat_function|load:calls=1,")
            .count(),
        1
    );
}

#[tokio::test]
async fn an_older_library_that_a_rollback_brought_back_is_replaced() {
    let redis = Redis::start();
    redis.run::<()>(&["FUNCTION", "LOAD", OLDER]);
    redis.server.save();
    let store = redis.store();
    store.connect().await.unwrap();
    let ours = version(&redis);
    assert_ne!(ours, "older");
    TestJob::planned(&redis, 1).await;
    redis.server.restart();
    assert_eq!(version(&redis), "older");
    store.reconnect().await.unwrap();
    assert_eq!(version(&redis), ours);
    TestJob::planned(&redis, 1).await;
}

#[tokio::test]
async fn other_libraries_are_left_alone() {
    let redis = Redis::start();
    redis.run::<()>(&[
        "FUNCTION",
        "LOAD",
        "#!lua name=other\nredis.register_function('f', function() return 1 end)",
    ]);
    redis.store().connect().await.unwrap();
    assert_eq!(redis.run::<u32>(&["FCALL", "f", "0"]), 1);
}
