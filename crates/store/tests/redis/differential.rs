//! Differential test: both stores return the same for random sequences of calls.

use std::fmt::Debug;
use std::time::Duration;

use mapreduce_core::{Counters, Pairs, TaskIndex};
use store::conformance::Harness;
use store::conformance::test_job::{TestJob, commit, failure, payloads, stored, worker};
use store::{
    Claim, Commit, EmbeddedStore, JobStatus, JobStore, RedisStore, StoreResult, TaskOutput,
    TaskRef, TaskStore,
};

use crate::harness::Redis;

const MAPS: u32 = 3;
const TOTAL: u32 = 6;

/// Pseudo-random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

/// A call. Deliveries are identified by their position among all claims.
#[derive(Debug, Clone)]
enum Call {
    Plan(u32, u32),
    Claim(u32),
    Reclaim(u32),
    Renew(usize),
    Commit(usize, &'static str),
    Count(usize),
    Fail(usize, bool),
    Reopen(u32, &'static str),
    Repair(u32),
    Finish,
    Abandon,
}

fn random_call(random: &mut Random, claimed: usize) -> Call {
    let attempt = ["a", "b"][random.below(2)];
    let any = random.below(claimed.max(1));
    let index = random.below(TOTAL as usize + 1) as u32;
    match random.below(100) {
        0..15 => {
            let start = random.below(TOTAL as usize) as u32;
            let end = if start < MAPS { MAPS } else { TOTAL };
            Call::Plan(
                start,
                start + random.below((end - start) as usize + 1) as u32,
            )
        }
        15..40 => Call::Claim(1 + random.below(2) as u32),
        40..45 => Call::Reclaim(1 + random.below(3) as u32),
        45..49 if claimed > 0 => Call::Renew(any),
        49..79 if claimed > 0 => Call::Commit(any, attempt),
        79 if claimed > 0 => Call::Count(any),
        80..85 if claimed > 0 => Call::Fail(any, random.below(2) == 0),
        85..91 => Call::Reopen(index, attempt),
        91..94 => Call::Repair([MAPS, TOTAL][random.below(2)]),
        94 if random.below(6) == 0 => Call::Abandon,
        _ => Call::Finish,
    }
}

/// A store and its claims. Each store has its own entry ids.
struct Subject<S> {
    job: TestJob<S>,
    claimed: Vec<TaskRef>,
}

/// Returns the comparable part of a result.
fn comparable<T: Debug>(result: StoreResult<T>) -> String {
    match result {
        Ok(reply) => format!("{reply:?}"),
        Err(error) => format!("{error:?}")
            .chars()
            .take_while(|c| *c != ' ')
            .collect(),
    }
}

impl<S: JobStore + TaskStore> Subject<S> {
    async fn execute(&mut self, call: &Call) -> String {
        let (store, job) = (self.job.store.clone(), self.job.job().clone());
        let name = worker("w");
        let task = |at: usize| self.claimed[at].clone();
        match call.clone() {
            Call::Plan(start, end) => {
                let payloads = payloads(start..end);
                comparable(store.plan(&self.job.header, start, &payloads).await)
            }
            Call::Claim(count) => {
                let claims = store.claim(&job, &name, count, Duration::ZERO).await;
                self.record_claims(claims.unwrap())
            }
            Call::Reclaim(count) => {
                let claims = store.reclaim(&job, &name, Duration::ZERO, count).await;
                self.record_claims(claims.unwrap())
            }
            Call::Renew(at) => comparable(store.renew(&job, &name, &[task(at)]).await),
            Call::Commit(at, attempt) => {
                let mut commit = counted_commit(&task(at));
                commit.output = TaskOutput::Stored(stored(attempt));
                comparable(store.commit(&job, &name, &commit).await)
            }
            Call::Count(at) => {
                comparable(store.commit(&job, &name, &counted_commit(&task(at))).await)
            }
            Call::Fail(at, blamed) => {
                let bad = failure("bad", 4);
                let bad = blamed.then_some(&bad);
                comparable(store.fail(&job, &name, task(at), bad).await)
            }
            Call::Reopen(index, attempt) => {
                let lost = failure("lost", 4);
                let reopen = store.reopen(&job, TaskIndex(index), attempt, &lost);
                comparable(reopen.await)
            }
            Call::Repair(end) => {
                let missing = store.missing(&job, 9).await;
                let all: Vec<_> = (0..end).map(TaskIndex).zip(payloads(0..end)).collect();
                comparable(missing) + &comparable(store.repair(&job, &all).await)
            }
            Call::Finish => comparable(store.finish(&job).await),
            Call::Abandon => comparable(store.abandon(&job, "no more").await),
        }
    }

    fn record_claims(&mut self, claims: Vec<Claim>) -> String {
        let shown = claims.iter().map(|claim| {
            format!(
                "{} {} {:?}",
                claim.task.index, claim.deliveries, claim.payload
            )
        });
        let shown: Vec<_> = shown.collect();
        self.claimed
            .extend(claims.into_iter().map(|claim| claim.task));
        shown.join(", ")
    }

    /// Returns the state of the job, without times and estimates.
    async fn state(&self) -> (JobStatus, Vec<Option<String>>) {
        let status = JobStatus {
            waiting: 0,
            workers: 0,
            beats: 0,
            ..self.job.status().await
        };
        (status, self.job.attempts(0..TOTAL + 1).await)
    }
}

/// Returns a commit with counters that depend on the task.
fn counted_commit(task: &TaskRef) -> Commit {
    let counters = Counters {
        bytes: 1 << task.index.0,
        records: task.entry.len() as u64 % 2 + u64::from(task.index.0),
        ..Counters::default()
    };
    Commit {
        counters,
        ..commit(task, Pairs::default())
    }
}

#[derive(Default)]
struct Embedded(EmbeddedStore);

impl Harness for Embedded {
    type Store = EmbeddedStore;

    fn store(&self) -> EmbeddedStore {
        self.0.clone()
    }

    async fn age_leases(&self, _: &store::JobRef, _: Duration) {}

    async fn settle(&self) {}
}

async fn subject<S: JobStore + TaskStore>(harness: &impl Harness<Store = S>) -> Subject<S> {
    Subject {
        job: TestJob::reducing(harness, MAPS, TOTAL - MAPS).await,
        claimed: Vec::new(),
    }
}

#[tokio::test]
async fn both_stores_return_the_same() {
    let redis = Redis::start();
    let (mut reduced, mut done, mut reopened) = (0, 0, 0);
    for seed in 0..20 {
        redis.run::<()>(&["FLUSHALL"]);
        let mut redis_store: Subject<RedisStore> = subject(&redis).await;
        let mut embedded: Subject<EmbeddedStore> = subject(&Embedded::default()).await;
        let (mut random, mut history) = (Random(seed), Vec::new());
        for _ in 0..120 {
            let call = random_call(&mut random, redis_store.claimed.len());
            let reply = redis_store.execute(&call).await;
            let other = embedded.execute(&call).await;
            reopened += u32::from(reply == "Reopened");
            history.push(format!("{call:?}: {reply}"));
            assert_eq!(reply, other, "seed {seed}: {history:#?}");
            let state = redis_store.state().await;
            assert_eq!(state, embedded.state().await, "seed {seed}: {history:#?}");
        }
        let planned = redis_store.job.status().await.planned;
        reduced += u32::from(planned == TOTAL);
        done += u32::from(redis_store.job.status().await.done == TOTAL);
    }
    // The random calls reach all interesting states.
    assert!(
        reduced > 5 && done > 2 && reopened > 8,
        "{reduced} {done} {reopened}"
    );
}
