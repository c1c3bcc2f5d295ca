//! A waiting call returns as soon as its event happens, not when its time ends.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::harness::Harness;
use super::test_job::{LONG, SHORT, SOON, TestJob, payloads, worker};
use crate::traits::{JobStore, TaskStore};
use crate::types::{EventCursor, PlanReply, ReopenReply};

/// Spawns `waiting`, waits until it blocks, runs `act`, and returns the result of `waiting`, which must come soon.
async fn wakes<T: Send + 'static>(
    harness: &impl Harness,
    waiting: impl Future<Output = T> + Send + 'static,
    act: impl Future<Output = ()>,
) -> T {
    let waiting = tokio::spawn(waiting);
    harness.settle().await;
    assert!(!waiting.is_finished(), "the call did not wait");
    act.await;
    timeout(SOON, waiting)
        .await
        .expect("the call continued to wait")
        .unwrap()
}

/// Returns the cursor after all past events.
async fn caught_up<S: JobStore + TaskStore>(job: &TestJob<S>) -> EventCursor {
    let mut cursor = EventCursor::default();
    loop {
        let next = job
            .store
            .watch(job.id(), cursor.clone(), SHORT)
            .await
            .unwrap();
        if next == cursor {
            return cursor;
        }
        cursor = next;
    }
}

/// The master sees the last commit at once. The default cursor includes all events.
pub async fn a_commit_wakes_the_watcher<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let task = job.claim_one("w").await.task;
    let first = timeout(
        SOON,
        job.store.watch(job.id(), EventCursor::default(), LONG),
    )
    .await;
    assert_ne!(
        first.expect("planning is an event").unwrap(),
        EventCursor::default()
    );
    let cursor = caught_up(&job).await;
    let (store, id, after) = (job.store.clone(), job.id().clone(), cursor.clone());
    let watch = async move { store.watch(&id, after, LONG).await.unwrap() };
    let act = async { drop(job.commit("w", &task, &[("a", 1)]).await) };
    assert_ne!(wakes(harness, watch, act).await, cursor);
}

/// The watcher of a job sees its end.
pub async fn an_abandoned_job_wakes_the_watcher<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let cursor = caught_up(&job).await;
    let (store, id, after) = (job.store.clone(), job.id().clone(), cursor.clone());
    let watch = async move { store.watch(&id, after, LONG).await.unwrap() };
    let act = async { job.store.abandon(job.job(), "no more").await.unwrap() };
    assert_ne!(wakes(harness, watch, act).await, cursor);
}

/// Without an event the cursor does not change.
pub async fn a_watch_ends_after_its_time<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let cursor = caught_up(&job).await;
    for wait in [Duration::ZERO, SHORT] {
        let start = Instant::now();
        assert_eq!(
            job.store
                .watch(job.id(), cursor.clone(), wait)
                .await
                .unwrap(),
            cursor
        );
        assert!(start.elapsed() < SOON);
    }
}

/// Workers that wait for a job start with it.
pub async fn a_new_job_wakes_an_idle_worker<H: Harness>(harness: &H) {
    let job = TestJob::unplanned(harness, "job", 1).await;
    let store = job.store.clone();
    let idle = async move { store.next_job(LONG).await.unwrap() };
    let act = async {
        drop(
            job.store
                .plan(&job.header, 0, &payloads(0..1))
                .await
                .unwrap(),
        );
    };
    assert_eq!(wakes(harness, idle, act).await, Some(job.header.clone()));
}

/// Idle workers do other work regularly.
pub async fn an_idle_worker_waits_no_longer_than_requested<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    job.store.abandon(job.job(), "no more").await.unwrap();
    let start = Instant::now();
    assert_eq!(job.store.next_job(SHORT).await.unwrap(), None);
    assert!(
        (SHORT / 2..SOON).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );
}

/// A retry does not wait for a periodic check.
pub async fn a_failed_task_wakes_a_waiting_worker<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let claim = job.claim_one("a").await;
    let (store, header) = (job.store.clone(), job.header.clone());
    let waiting = async move {
        store
            .claim(&header.job, &worker("b"), 1, LONG)
            .await
            .unwrap()
    };
    let act = async {
        job.store
            .fail(job.job(), &worker("a"), claim.task.clone(), None)
            .await
            .map(drop)
            .unwrap();
    };
    let found = wakes(harness, waiting, act).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].task.index, claim.task.index);
}

/// An idle worker reruns the task of a lost run.
pub async fn a_reopened_task_wakes_a_waiting_worker<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 1, 1).await;
    job.store_all("m").await;
    let (store, header) = (job.store.clone(), job.header.clone());
    let waiting = async move {
        store
            .claim(&header.job, &worker("b"), 1, LONG)
            .await
            .unwrap()
    };
    let act = async { assert_eq!(job.reopen(0, "m0").await, ReopenReply::Reopened) };
    assert_eq!(wakes(harness, waiting, act).await[0].task.index.0, 0);
}

/// The master sees a lost output at once, and the start of the reduce phase too.
pub async fn a_reopened_task_wakes_the_watcher<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 1, 1).await;
    job.store_all("m").await;
    for reopen in [false, true] {
        let cursor = caught_up(&job).await;
        let (store, id, after) = (job.store.clone(), job.id().clone(), cursor.clone());
        let watch = async move { store.watch(&id, after, LONG).await.unwrap() };
        let act = async {
            match reopen {
                false => assert_eq!(job.plan(1..2).await, PlanReply::Complete),
                true => assert_eq!(job.reopen(0, "m0").await, ReopenReply::Reopened),
            }
        };
        assert_ne!(wakes(harness, watch, act).await, cursor);
    }
}
