//! Presence of masters, and jobs that no master watches.

use std::time::Duration;

use store::conformance::Harness;
use store::conformance::test_job::TestJob;
use store::{JobAvailability, JobStore, TaskStore};

use crate::harness::Redis;

#[tokio::test]
async fn a_job_without_a_master_does_not_keep_workers_from_the_next() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let availability = async || redis.store().job_availability(job.job()).await.unwrap();
    assert_eq!(availability().await, JobAvailability::Needed);
    redis.run::<()>(&["DEL", "mr:{job}:master"]);
    assert_eq!(availability().await, JobAvailability::Unwatched);
    assert_eq!(redis.store().next_job(Duration::ZERO).await.unwrap(), None);

    job.store
        .announce_presence(Some(job.job()), Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(availability().await, JobAvailability::Needed);
    let found = redis.store().next_job(Duration::ZERO).await.unwrap();
    assert_eq!(found, Some(job.header.clone()));
}

#[tokio::test]
async fn the_presence_of_a_master_expires() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    job.store
        .announce_presence(Some(job.job()), Duration::from_secs(7))
        .await
        .unwrap();
    let left: u64 = redis.run(&["PTTL", "mr:{job}:master"]);
    assert!((1..=7_000).contains(&left), "{left}");
}

#[tokio::test]
async fn dismissed_workers_without_a_master_are_deserted() {
    let redis = Redis::start();
    let (master, worker) = (redis.store(), redis.store());
    let dismissed = async || worker.time_since_dismissal().await.unwrap().is_some();
    assert!(
        !dismissed().await,
        "no master has been present yet, so one may start later"
    );
    master
        .announce_presence(None, Duration::from_secs(60))
        .await
        .unwrap();
    assert!(!dismissed().await);
    master.dismiss_workers().await.unwrap();
    assert!(dismissed().await);
    master
        .announce_presence(None, Duration::from_secs(60))
        .await
        .unwrap();
    assert!(!dismissed().await, "another master is present");
}

#[tokio::test]
async fn the_time_since_the_dismissal_is_returned() {
    let redis = Redis::start();
    redis.store().dismiss_workers().await.unwrap();
    redis.run::<()>(&["EXPIRE", "mr:dismissed", "3500"]);
    let ago = redis.store().time_since_dismissal().await.unwrap().unwrap();
    assert!((100..160).contains(&ago.as_secs()), "{ago:?}");
}

#[tokio::test]
async fn only_a_new_master_cancels_a_dismissal() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let dismissed = || redis.run::<bool>(&["EXISTS", "mr:dismissed"]);
    let lasting = Duration::from_secs(60);
    job.store.dismiss_workers().await.unwrap();
    job.store
        .announce_presence(Some(job.job()), lasting)
        .await
        .unwrap();
    assert!(dismissed());
    job.store.announce_presence(None, lasting).await.unwrap();
    assert!(!dismissed());
}
