//! Commits: complete, exact and counted once.

use futures::future::join_all;
use mapreduce_core::{Counters, Pairs, PlanHash, TaskIndex};

use super::harness::Harness;
use super::test_job::{TestJob, commit, counts, payloads, undelivered, worker};
use crate::traits::{JobStore, TaskStore};
use crate::types::{CommitReply, JobRef, JobState, PlanReply};

/// Enough pairs for three commit batches.
const LARGE: u64 = 120_001;

/// Pairs with unordered keys and different counts.
fn large() -> Pairs {
    (0..LARGE)
        .map(|n| (format!("k{}", n * 7_919 % LARGE), n % 3 + 1))
        .fold(Pairs::default(), |mut pairs, (key, count)| {
            pairs.push(key.as_bytes(), count);
            pairs
        })
}

/// The reply to a commit may be lost, and any worker may send the commit again.
pub async fn a_task_is_counted_once<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let task = job.claim_one("w").await.task;
    let words = [("a", 2), ("b", 1)];
    assert_eq!(job.commit("w", &task, &words).await, CommitReply::Committed);
    let status = job.status().await;
    assert_eq!((status.done, status.pending), (1, 0));
    for name in ["w", "other"] {
        assert_eq!(
            job.commit(name, &task, &words).await,
            CommitReply::Duplicate
        );
    }
    assert_eq!(job.status().await.counters, status.counters);
    assert_eq!(job.results().await, counts(&words));
}

/// Exactly one of several concurrent commits counts.
pub async fn commits_at_the_same_time_count_once<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let task = job.claim_one("w").await.task;
    let words = [("a", 2), ("b", 1)];
    let replies = join_all((0..8).map(|_| job.commit("w", &task, &words))).await;
    let committed = replies
        .iter()
        .filter(|reply| **reply == CommitReply::Committed)
        .count();
    assert_eq!(committed, 1, "{replies:?}");
    assert_eq!(job.results().await, counts(&words));
}

/// A commit is gated on the task, not on its holder.
pub async fn a_late_worker_may_commit_a_task_that_another_worker_holds<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let task = job.claim_one("slow").await.task;
    let thief = job
        .store
        .reclaim(job.job(), &worker("thief"), std::time::Duration::ZERO, 1)
        .await
        .unwrap();
    assert_eq!(thief.len(), 1);
    assert_eq!(
        job.commit("slow", &task, &[("a", 1)]).await,
        CommitReply::Committed
    );
    assert_eq!(
        job.commit("thief", &thief[0].task, &[("a", 1)]).await,
        CommitReply::Duplicate
    );
    assert_eq!(job.status().await.pending, 0);
    assert_eq!(job.results().await, counts(&[("a", 1)]));
}

/// A worker that commits a done task no longer holds it.
pub async fn a_duplicate_is_acknowledged<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let old = job.claim_one("a").await.task;
    job.store
        .fail(job.job(), &worker("a"), old.clone(), None)
        .await
        .unwrap();
    let new = job.claim_one("b").await.task;
    let words = [("a", 1)];
    assert_eq!(job.commit("a", &old, &words).await, CommitReply::Committed);
    assert_eq!(job.status().await.pending, 1);
    assert_eq!(job.commit("b", &new, &words).await, CommitReply::Duplicate);
    assert_eq!(job.status().await.pending, 0);
}

/// The output of another plan is not counted.
pub async fn a_commit_of_another_plan_or_an_unknown_task_is_refused<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let task = job.claim_one("w").await.task;
    let other = JobRef {
        plan: PlanHash(8),
        ..job.job().clone()
    };
    let output = commit(&task, [(&b"a"[..], 1)].into_iter().collect());
    let reply = job
        .store
        .commit(&other, &worker("w"), &output)
        .await
        .unwrap();
    assert_eq!(reply, CommitReply::Mismatch);
    let beyond = job.commit("w", &undelivered(1), &[("a", 1)]).await;
    assert!(matches!(beyond, CommitReply::Refused(_)), "{beyond:?}");
    let status = job.status().await;
    assert_eq!(
        (status.done, status.pending, status.counters),
        (0, 1, Counters::default())
    );
    assert_eq!(
        job.commit("w", &task, &[("a", 1)]).await,
        CommitReply::Committed
    );
}

/// After a rollback, a worker may commit before the master has planned again.
pub async fn a_commit_before_the_plan_is_complete_is_postponed<H: Harness>(harness: &H) {
    let job = TestJob::unplanned(harness, "job", 2).await;
    assert_eq!(
        job.store
            .plan(&job.header, 0, &payloads(0..1))
            .await
            .unwrap(),
        PlanReply::Next(1)
    );
    let task = undelivered(0);
    let reply = job.commit("w", &task, &[("a", 1)]).await;
    assert_eq!(reply, CommitReply::State(JobState::Planning));
    job.store
        .plan(&job.header, 1, &payloads(1..2))
        .await
        .unwrap();
    assert_eq!(
        job.commit("w", &task, &[("a", 1)]).await,
        CommitReply::Committed
    );
}

/// Nothing is counted after the end of the job.
pub async fn a_job_that_is_over_takes_no_commits<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("w", 2).await;
    job.commit("w", &claims[0].task, &[("a", 1)]).await;
    job.store.abandon(job.job(), "no more").await.unwrap();
    let before = job.status().await;
    let reply = job.commit("w", &claims[1].task, &[("a", 1)]).await;
    assert_eq!(reply, CommitReply::State(JobState::Failed));
    assert_eq!(
        job.commit("w", &claims[0].task, &[("a", 1)]).await,
        CommitReply::Duplicate
    );
    let after = job.status().await;
    assert_eq!((after.done, after.counters), (before.done, before.counters));
}

/// Scores are exact up to 2^53. A commit that leads above it changes nothing.
pub async fn counts_above_2_53_are_refused_and_not_counted<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("w", 2).await;
    let most = (1u64 << 53) - 5;
    assert_eq!(
        job.commit("w", &claims[0].task, &[("a", most)]).await,
        CommitReply::Committed
    );
    let refused: [&[(&str, u64)]; 3] = [
        &[("new", 2), ("a", 4)],
        &[("new", 1 << 53)],
        &[("new", 1), ("b", u64::MAX)],
    ];
    for words in refused {
        let pairs = words.iter().map(|(word, count)| (word.as_bytes(), *count));
        let mut output = commit(&claims[1].task, pairs.collect());
        // The counters are empty, so that only the counts can be the reason.
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
    }
    let status = job.status().await;
    assert_eq!(
        (status.done, status.pending, status.counters.emitted),
        (1, 1, most)
    );
    assert_eq!(
        job.commit("w", &claims[1].task, &[("new", 2), ("a", 3)])
            .await,
        CommitReply::Committed
    );
    assert_eq!(job.results().await, counts(&[("a", most + 3), ("new", 2)]));
}

/// The output has more pairs than a store counts in one step.
pub async fn a_large_commit_is_counted_once<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("w", 2).await;
    assert_eq!(
        job.commit_pairs("w", &claims[0].task, large()).await,
        CommitReply::Committed
    );
    assert_eq!(
        job.commit_pairs("w", &claims[0].task, large()).await,
        CommitReply::Duplicate
    );
    assert_eq!(
        job.commit_pairs("w", &claims[1].task, large()).await,
        CommitReply::Committed
    );
    check_twice_large(&job.results().await);
}

/// Commit batches of different attempts may interleave.
pub async fn large_commits_at_the_same_time_count_once<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("w", 2).await;
    for claim in claims {
        let replies = join_all((0..3).map(|_| job.commit_pairs("w", &claim.task, large()))).await;
        let committed = replies
            .iter()
            .filter(|reply| **reply == CommitReply::Committed)
            .count();
        assert_eq!(committed, 1, "{replies:?}");
    }
    let status = job.status().await;
    assert_eq!((status.done, status.counters.records), (2, 2));
    check_twice_large(&job.results().await);
}

fn check_twice_large(found: &std::collections::BTreeMap<Vec<u8>, u64>) {
    assert_eq!(found.len() as u64, LARGE);
    for (key, count) in large().iter() {
        assert_eq!(found[key], 2 * count, "{}", String::from_utf8_lossy(key));
    }
}

/// Keys may be any bytes: empty, with NUL, with line ends, not UTF-8, or long.
pub async fn any_bytes_are_a_key<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let task = job.claim_one("w").await.task;
    let long = vec![b'x'; 1 << 20];
    let keys: [&[u8]; 6] = [b"", b"\0", b"a\r\nb", b"\xff\xfe", "é{}".as_bytes(), &long];
    let pairs: Pairs = keys.into_iter().zip(1..).collect();
    assert_eq!(
        job.commit_pairs("w", &task, pairs).await,
        CommitReply::Committed
    );
    let expected = keys.iter().map(|key| key.to_vec()).zip(1..).collect();
    assert_eq!(job.results().await, expected);
}

/// Counters are summed once over all done tasks.
pub async fn counters_add_up<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    for claim in job.claim("w", 2).await {
        let mut output = commit(&claim.task, [(&b"a"[..], 3)].into_iter().collect());
        output.counters = Counters {
            bytes: 1,
            records: 2,
            emitted: 3,
            invalid_utf8: 4,
            nul_bytes: 5,
            short_records: 6 + u64::from(claim.task.index == TaskIndex(0)),
            long_records: 9,
            text_after_quote: 10,
            invalid_json: 11,
            missing_values: 12,
            skipped_records: 7,
            // A counter name may contain any characters.
            custom: [("shop:visits \"é\"\\".to_owned(), 8)].into(),
        };
        for _ in 0..2 {
            job.store
                .commit(job.job(), &worker("w"), &output)
                .await
                .unwrap();
        }
    }
    let found = job.status().await.counters;
    let sums: Vec<_> = found.fields().map(|(_, sum)| sum).collect();
    let expected = [2, 4, 6, 8, 10, 13, 18, 20, 22, 24, 14, 16];
    assert_eq!(sums, expected, "{found:?}");
    assert_eq!(found.custom["shop:visits \"é\"\\"], 16);
}
