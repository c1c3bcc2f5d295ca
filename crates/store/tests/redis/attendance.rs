//! Jobs that were left behind.

use std::time::Duration;

use store::conformance::Harness;
use store::conformance::job::TestJob;
use store::{JobStore, Standing, TaskStore};

use crate::harness::Redis;

#[tokio::test]
async fn a_job_without_a_master_does_not_keep_workers_from_the_next() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let standing = async || redis.store().standing(job.job()).await.unwrap();
    assert_eq!(standing().await, Standing::Needed);
    redis.run::<()>(&["DEL", "mr:{job}:master"]);
    assert_eq!(standing().await, Standing::Unattended);
    assert_eq!(redis.store().next_job(Duration::ZERO).await.unwrap(), None);

    job.store
        .attend(Some(job.job()), Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(standing().await, Standing::Needed);
    let found = redis.store().next_job(Duration::ZERO).await.unwrap();
    assert_eq!(found, Some(job.header.clone()));
}

#[tokio::test]
async fn a_sign_of_attendance_ends_by_itself() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    job.store
        .attend(Some(job.job()), Duration::from_secs(7))
        .await
        .unwrap();
    let left: u64 = redis.run(&["PTTL", "mr:{job}:master"]);
    assert!((1..=7_000).contains(&left), "{left}");
}

#[tokio::test]
async fn workers_are_deserted_once_dismissed_and_without_a_master() {
    let redis = Redis::start();
    let (master, worker) = (redis.store(), redis.store());
    let deserted = async || worker.is_deserted().await.unwrap();
    assert!(
        !deserted().await,
        "no master has been there yet: one may come"
    );
    master.attend(None, Duration::from_secs(60)).await.unwrap();
    assert!(!deserted().await);
    master.dismiss().await.unwrap();
    assert!(deserted().await);
    master.attend(None, Duration::from_secs(60)).await.unwrap();
    assert!(!deserted().await, "another master is there");
}
