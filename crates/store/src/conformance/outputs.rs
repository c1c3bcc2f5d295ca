//! Stored outputs, and lost outputs.

use futures::future::join_all;
use mapreduce_core::{Counters, PlanHash, TaskIndex};

use super::harness::Harness;
use super::test_job::{TestJob, failure, indexes, stored, undelivered};
use crate::error::StoreError;
use crate::traits::{JobStore, OutputStore, TaskStore};
use crate::types::{CommitReply, FinishReply, JobRef, JobState, PlanReply, ReopenReply};

/// Reducers find every run by its task.
pub async fn outputs_are_returned_in_order<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 2_500, 1).await;
    for index in [2_499, 0, 1_000, 999] {
        let attempt = format!("é-{index}");
        let reply = job.commit_stored("w", &undelivered(index), &attempt).await;
        assert_eq!(reply, CommitReply::Committed);
    }
    job.commit("w", &undelivered(1), &[("counted", 1)]).await;
    let outputs = async |tasks| job.store.outputs(job.job(), tasks).await.unwrap();
    let all = outputs(0..2_501).await;
    assert_eq!(all.len(), 2_501);
    for (index, output) in all.iter().enumerate() {
        let stored_here = [0, 999, 1_000, 2_499].contains(&index);
        let expected = stored_here.then(|| stored(&format!("é-{index}")));
        assert_eq!(*output, expected, "{index}");
    }
    assert_eq!(outputs(999..1_002).await, all[999..1_002]);
    assert_eq!(outputs(7..7).await, []);
}

/// Outputs of another plan are not returned.
pub async fn outputs_are_bound_to_the_plan<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 1, 1).await;
    job.store_all("m").await;
    let other = JobRef {
        plan: PlanHash(8),
        ..job.job().clone()
    };
    let failure = failure("lost", 4);
    let reopen = job.store.reopen(&other, TaskIndex(0), "m0", &failure);
    let reopened = reopen.await;
    let lost = [
        job.store.outputs(&other, 0..1).await.map(drop),
        reopened.map(drop),
    ];
    for lost in lost {
        assert!(matches!(lost, Err(StoreError::Lost { .. })), "{lost:?}");
    }
    assert_eq!(job.status().await.done, 1);
}

/// The output of the first attempt counts, no matter which worker commits again.
pub async fn the_first_output_stays<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 1, 1).await;
    let task = job.claim_one("w").await.task;
    let reply = job.commit_stored("w", &task, "a").await;
    assert_eq!(reply, CommitReply::Committed);
    let status = job.status().await;
    assert_eq!((status.done, status.pending), (1, 0));
    for attempt in ["a", "b"] {
        let reply = job.commit_stored("w", &task, attempt).await;
        assert_eq!(reply, CommitReply::Duplicate);
    }
    assert_eq!(job.attempts(0..1).await, [Some("a".to_owned())]);
    assert_eq!(job.status().await.counters, status.counters);
}

/// The store could not return these names unchanged.
pub async fn an_output_with_an_invalid_name_is_refused<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 1, 1).await;
    let task = job.claim_one("w").await.task;
    for attempt in ["", "a\"b", "a\\b", "a\nb", "a\0b"] {
        let reply = job.commit_stored("w", &task, attempt).await;
        let refused = matches!(reply, CommitReply::Refused(_));
        assert!(refused, "{attempt:?}: {reply:?}");
    }
    assert_eq!(job.status().await.done, 0);
}

/// The next attempt does not wait for a lease. Its counters count, and those of the first one do not.
pub async fn a_task_whose_output_is_lost_is_rerun<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 2, 1).await;
    let first = job.claim("w", 2).await;
    for claim in &first {
        job.commit_stored("w", &claim.task, "a").await;
    }
    let before = job.status().await;
    assert_eq!(job.reopen(1, "a").await, ReopenReply::Reopened);
    let status = job.status().await;
    assert_eq!((status.done, status.failed, status.pending), (1, 1, 0));
    assert_eq!((status.counters.records, status.counters.bytes), (1, 10));
    assert!(status.beats > before.beats);
    assert_eq!(job.attempts(0..2).await, [Some("a".to_owned()), None]);
    job.plan(2..3).await;
    assert_eq!(job.status().await.planned, 2);

    let again = job.claim_one("b").await;
    assert_eq!(
        (again.task.index, &again.payload),
        (first[1].task.index, &first[1].payload)
    );
    assert_eq!((again.deliveries, again.repeated), (2, true));
    for expected in [CommitReply::Committed, CommitReply::Duplicate] {
        assert_eq!(job.commit_stored("b", &again.task, "b").await, expected);
    }
    let status = job.status().await;
    assert_eq!((status.done, status.counters), (2, before.counters));
    let names = ["a", "b"].map(|name| Some(name.to_owned()));
    assert_eq!(job.attempts(0..2).await, names);
}

/// A repeated call, a late call, and a call for a task without a stored output change nothing.
pub async fn only_the_attempt_that_did_a_task_is_reopened<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 4, 1).await;
    let claims = job.claim("w", 3).await;
    job.commit_stored("w", &claims[0].task, "a").await;
    job.commit("w", &claims[1].task, &[("counted", 1)]).await;
    let before = job.status().await;
    let stale = [(0, "b"), (0, ""), (1, ""), (1, "a"), (2, "a"), (9, "a")];
    for (index, attempt) in stale {
        let reply = job.reopen(index, attempt).await;
        assert_eq!(reply, ReopenReply::Stale, "{index}");
        assert_eq!(job.status().await, before, "{index}");
    }
    assert_eq!(indexes(&job.claim_rest("w").await), [3]);
    assert_eq!(job.reopen(0, "a").await, ReopenReply::Reopened);
    let before = job.status().await;
    assert_eq!(job.reopen(0, "a").await, ReopenReply::Stale);
    assert_eq!(job.status().await, before);
    assert_eq!(indexes(&job.claim_rest("w").await), [0]);
}

/// Several reducers miss the same run at the same time.
pub async fn reopening_at_the_same_time_reopens_once<H: Harness>(harness: &H) {
    let job = TestJob::reduced(harness, 2, 1).await;
    let replies = join_all((0..8).map(|_| job.reopen(0, "m0"))).await;
    let reopened = |reply: &&ReopenReply| **reply == ReopenReply::Reopened;
    assert_eq!(replies.iter().filter(reopened).count(), 1, "{replies:?}");
    let status = job.status().await;
    assert_eq!((status.done, status.failed), (1, 1));
    assert_eq!(indexes(&job.claim_rest("w").await), [2, 0]);
}

/// The job ends only after both phases, even if tasks of both are rerun.
pub async fn tasks_of_either_phase_are_reopened_while_reducing<H: Harness>(harness: &H) {
    let job = TestJob::reduced(harness, 2, 2).await;
    job.store_all("r").await;
    assert_eq!(job.reopen(0, "m0").await, ReopenReply::Reopened);
    assert_eq!(job.reopen(3, "r3").await, ReopenReply::Reopened);
    job.check_state(JobState::Reduce).await;
    for stretch in [0..2, 2..4] {
        assert_eq!(job.plan(stretch).await, PlanReply::Complete);
    }
    let finish = async || job.store.finish(job.job()).await.unwrap();
    assert_eq!(finish().await, FinishReply::NotYet { done: 2, total: 4 });
    job.store_all("again").await;
    assert_eq!(finish().await, FinishReply::Done);
    let names = ["again0", "m1", "r2", "again3"].map(|name| Some(name.to_owned()));
    assert_eq!(job.attempts(0..4).await, names);
    assert_eq!(job.status().await.counters.records, 4);
}

/// Nothing changes after the end.
pub async fn nothing_is_reopened_in_a_job_that_is_done<H: Harness>(harness: &H) {
    let job = TestJob::reduced(harness, 1, 1).await;
    job.store_all("r").await;
    job.store.finish(job.job()).await.unwrap();
    check_closed(&job, JobState::Done).await;
}

/// The same holds for a failed job.
pub async fn nothing_is_reopened_in_a_job_that_failed<H: Harness>(harness: &H) {
    let job = TestJob::reduced(harness, 1, 1).await;
    job.store.abandon(job.job(), "no more").await.unwrap();
    check_closed(&job, JobState::Failed).await;
}

async fn check_closed<S: JobStore + TaskStore>(job: &TestJob<S>, state: JobState) {
    let before = job.status().await;
    assert_eq!(before.state, state);
    assert_eq!(job.reopen(0, "m0").await, ReopenReply::Stale);
    assert_eq!(job.status().await, before);
    assert_eq!(job.claim_rest("w").await, []);
}

/// The output may be lost as often as an attempt may fail.
pub async fn a_task_whose_output_is_lost_too_often_is_dead<H: Harness>(harness: &H) {
    let job = TestJob::reduced(harness, 1, 1).await;
    job.claim_one("r").await;
    for attempt in ["m0", "again0", "again0"] {
        assert_eq!(job.reopen(0, attempt).await, ReopenReply::Reopened);
        job.store_all("again").await;
    }
    let last = failure("lost again", 4);
    let reopen = job.store.reopen(job.job(), TaskIndex(0), "again0", &last);
    assert_eq!(reopen.await.unwrap(), ReopenReply::Dead);
    let status = job.status().await;
    assert_eq!((status.done, status.failed, status.dead), (0, 4, 1));
    let letter = (TaskIndex(0), "lost again".to_owned());
    assert_eq!(status.dead_letters, [letter]);
    assert_eq!(job.claim_rest("w").await, []);
    assert_eq!(job.store.missing(job.job(), 9).await.unwrap(), []);
    // A late commit revives a dead task.
    let late = job.commit_stored("w", &undelivered(0), "late").await;
    assert_eq!(late, CommitReply::Committed);
    let status = job.status().await;
    assert_eq!((status.done, status.dead), (1, 0));
    let counters = Counters {
        bytes: 10,
        records: 1,
        ..Counters::default()
    };
    assert_eq!(status.counters, counters);
}
