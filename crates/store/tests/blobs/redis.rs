//! Blobs in keys of Redis.

use std::time::Duration;

use store::conformance::blobs::{BlobHarness, bytes, id, in_file, job, range, read, read_one};
use store::{BlobStore, Capacity, RedisBlobs, RedisOptions, RedisStore, StoreError};
use testkit::{DEADLINE, RedisServer, eventually};

const LASTING: Duration = Duration::from_secs(1000);

struct Redis {
    server: RedisServer,
    blobs: RedisBlobs,
}

impl Redis {
    fn start() -> Self {
        let server = RedisServer::start();
        let options = RedisOptions {
            url: server.url(),
            ..RedisOptions::default()
        };
        let blobs = RedisStore::new(options).unwrap().blobs(LASTING);
        Self { server, blobs }
    }

    /// Uses small chunks, so that most blobs take several keys.
    fn in_chunks_of(bytes: u64) -> Self {
        let Self { server, blobs } = Self::start();
        let blobs = blobs.with_chunks_of(bytes);
        Self { server, blobs }
    }

    fn keys(&self) -> Vec<String> {
        let keys = self.server.cli(&["KEYS", "*"]);
        let mut keys: Vec<_> = keys.lines().map(str::to_owned).collect();
        keys.retain(|key| !key.is_empty());
        keys.sort();
        keys
    }

    /// Returns the remaining lifetime of each key in seconds.
    fn left(&self) -> Vec<i64> {
        let left = |key: &String| self.server.cli(&["TTL", key]).parse().unwrap();
        self.keys().iter().map(left).collect()
    }
}

impl BlobHarness for Redis {
    type Blobs = RedisBlobs;

    fn blobs(&self) -> RedisBlobs {
        self.blobs.clone()
    }
}

mod in_one_key {
    use super::*;
    store::blob_conformance_tests!(Redis::start());
}

mod in_several_keys {
    use super::*;
    store::blob_conformance_tests!(Redis::in_chunks_of(4_093));
}

#[tokio::test]
async fn a_blob_is_one_key_unless_it_is_longer_than_a_chunk() {
    let (redis, job) = (Redis::in_chunks_of(10), job("j"));
    let ids = [id(1, "a"), id(2, "b"), id(3, "c")];
    let blobs = &redis.blobs;
    blobs.put(&job, &ids[0], &bytes(10).into()).await.unwrap();
    blobs.put(&job, &ids[1], &bytes(11).into()).await.unwrap();
    blobs
        .put(&job, &ids[2], &in_file(&bytes(25)))
        .await
        .unwrap();
    let keys = [
        "mr:{j}:run:1:a",
        "mr:{j}:run:2.1:b",
        "mr:{j}:run:2:b",
        "mr:{j}:run:3.1:c",
        "mr:{j}:run:3.2:c",
        "mr:{j}:run:3:c",
    ];
    assert_eq!(redis.keys(), keys);
    // The remaining chunks of an interrupted put or removal are removed too.
    redis.server.cli(&["DEL", "mr:{j}:run:3:c"]);
    blobs.remove(&job, &ids).await.unwrap();
    assert_eq!(redis.keys(), [""; 0]);
}

#[tokio::test]
async fn a_lost_chunk_leaves_the_others_readable() {
    let (redis, job, run) = (Redis::in_chunks_of(10), job("j"), id(0, "a"));
    redis
        .blobs
        .put(&job, &run, &bytes(30).into())
        .await
        .unwrap();
    redis.server.cli(&["DEL", "mr:{j}:run:0.1:a"]);
    let found = read(&redis.blobs, &job, &run, &[0..10, 9..11, 20..30, 0..30]).await;
    let all = bytes(30);
    let expected = [
        Some(all[..10].to_vec()),
        None,
        Some(all[20..].to_vec()),
        None,
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn blobs_expire_unless_they_are_kept() {
    let (redis, job) = (Redis::in_chunks_of(10), job("j"));
    let ids = [id(1, "a"), id(2, "b")];
    for id in &ids {
        redis.blobs.put(&job, id, &bytes(25).into()).await.unwrap();
    }
    let within = |left: &[i64], longest: i64| {
        assert_eq!(left.len(), 6);
        let fits = |left: &i64| (longest - 60..=longest).contains(left);
        assert!(left.iter().all(fits), "{left:?}");
    };
    within(&redis.left(), 1_000);
    redis
        .blobs
        .extend_lifetime(&job, &ids, LASTING * 5)
        .await
        .unwrap();
    within(&redis.left(), 5_000);
    redis
        .blobs
        .extend_lifetime(&job, &ids[..1], Duration::ZERO)
        .await
        .unwrap();
    eventually(DEADLINE, "the expiry of a blob", || redis.keys().len() == 3);
    let gone = read(&redis.blobs, &job, &ids[0], &[0..1, 20..25]).await;
    assert_eq!(gone, [None, None]);
    let kept = read_one(&redis.blobs, &job, &ids[1], 0..25).await;
    assert_eq!(kept, Some(bytes(25)));
}

#[tokio::test]
async fn a_killed_redis_is_unavailable_and_has_no_blobs_afterwards() {
    let (redis, job, run) = (Redis::start(), job("j"), id(0, "a"));
    let blobs = &redis.blobs;
    blobs.put(&job, &run, &bytes(10).into()).await.unwrap();
    redis.server.kill();
    let errors = [
        blobs.put(&job, &run, &bytes(10).into()).await.unwrap_err(),
        blobs.read(&job, &[range(&run, 0..1)]).await.unwrap_err(),
        blobs
            .extend_lifetime(&job, std::slice::from_ref(&run), LASTING)
            .await
            .unwrap_err(),
        blobs
            .remove(&job, std::slice::from_ref(&run))
            .await
            .unwrap_err(),
        blobs.capacity().await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
    redis.server.restart_empty();
    assert_eq!(read_one(blobs, &job, &run, 0..1).await, None);
    blobs.put(&job, &run, &bytes(10).into()).await.unwrap();
}

#[tokio::test]
async fn a_redis_without_free_memory_is_reported_as_full() {
    let (redis, job) = (Redis::start(), job("j"));
    assert_eq!(redis.blobs.capacity().await.unwrap(), None);
    redis.server.cli(&["CONFIG", "SET", "maxmemory", "100mb"]);
    let Capacity { limit, used } = redis.blobs.capacity().await.unwrap().unwrap();
    assert_eq!(limit, 100 << 20);
    assert!((100_000..50 << 20).contains(&used), "{used}");
    redis.server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    let capacity = redis.blobs.capacity().await.unwrap().unwrap();
    assert_eq!(capacity.free(), 0);
    let put = redis.blobs.put(&job, &id(0, "a"), &bytes(10).into()).await;
    let error = put.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("raise maxmemory"), "{error}");
    assert_eq!(redis.keys(), [""; 0]);
}

#[tokio::test]
async fn a_key_of_a_wrong_type_is_fatal() {
    let (redis, job, run) = (Redis::start(), job("j"), id(0, "a"));
    redis.server.cli(&["LPUSH", "mr:{j}:run:0:a", "x"]);
    let error = redis
        .blobs
        .read(&job, &[range(&run, 0..1)])
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Fatal { .. }), "{error:?}");
}
