//! Both stores answer the same to whatever is asked of them, in whatever order.

use std::fmt::Debug;
use std::time::Duration;

use mapreduce::{Counters, Pairs, TaskIndex};
use store::conformance::Harness;
use store::conformance::job::{TestJob, blame, commit, payloads, stored, worker};
use store::{
    Claim, Commit, EmbeddedStore, JobStatus, JobStore, RedisStore, StoreResult, TaskOutput,
    TaskRef, TaskStore,
};

use crate::harness::Redis;

const MAPS: u32 = 3;
const TOTAL: u32 = 6;

/// Numbers that look random (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}

/// What is asked; deliveries by their place among all that were claimed.
#[derive(Debug, Clone)]
enum Ask {
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

fn ask(dice: &mut Dice, claimed: usize) -> Ask {
    let attempt = ["a", "b"][dice.roll(2)];
    let any = dice.roll(claimed.max(1));
    let index = dice.roll(TOTAL as usize + 1) as u32;
    match dice.roll(100) {
        0..15 => {
            let start = dice.roll(TOTAL as usize) as u32;
            let end = if start < MAPS { MAPS } else { TOTAL };
            Ask::Plan(start, start + dice.roll((end - start) as usize + 1) as u32)
        }
        15..40 => Ask::Claim(1 + dice.roll(2) as u32),
        40..45 => Ask::Reclaim(1 + dice.roll(3) as u32),
        45..49 if claimed > 0 => Ask::Renew(any),
        49..79 if claimed > 0 => Ask::Commit(any, attempt),
        79 if claimed > 0 => Ask::Count(any),
        80..85 if claimed > 0 => Ask::Fail(any, dice.roll(2) == 0),
        85..91 => Ask::Reopen(index, attempt),
        91..94 => Ask::Repair([MAPS, TOTAL][dice.roll(2)]),
        94 if dice.roll(6) == 0 => Ask::Abandon,
        _ => Ask::Finish,
    }
}

/// A store, and what was claimed in it; entries are named by each store itself.
struct Twin<S> {
    job: TestJob<S>,
    claimed: Vec<TaskRef>,
}

/// What can be compared of an answer.
fn seen<T: Debug>(answer: StoreResult<T>) -> String {
    match answer {
        Ok(reply) => format!("{reply:?}"),
        Err(error) => format!("{error:?}")
            .chars()
            .take_while(|c| *c != ' ')
            .collect(),
    }
}

impl<S: JobStore + TaskStore> Twin<S> {
    async fn answer(&mut self, ask: &Ask) -> String {
        let (store, job) = (self.job.store.clone(), self.job.job().clone());
        let name = worker("w");
        let task = |at: usize| self.claimed[at].clone();
        match ask.clone() {
            Ask::Plan(start, end) => {
                let payloads = payloads(start..end);
                seen(store.plan(&self.job.header, start, &payloads).await)
            }
            Ask::Claim(count) => {
                let claims = store.claim(&job, &name, count, Duration::ZERO).await;
                self.note(claims.unwrap())
            }
            Ask::Reclaim(count) => {
                let claims = store.reclaim(&job, &name, Duration::ZERO, count).await;
                self.note(claims.unwrap())
            }
            Ask::Renew(at) => seen(store.renew(&job, &name, &[task(at)]).await),
            Ask::Commit(at, attempt) => {
                let mut given = given(&task(at));
                given.output = TaskOutput::Stored(stored(attempt));
                seen(store.commit(&job, &name, &given).await)
            }
            Ask::Count(at) => seen(store.commit(&job, &name, &given(&task(at))).await),
            Ask::Fail(at, blamed) => {
                let bad = blame("bad", 4);
                let bad = blamed.then_some(&bad);
                seen(store.fail(&job, &name, task(at), bad).await)
            }
            Ask::Reopen(index, attempt) => {
                let lost = blame("lost", 4);
                let reopen = store.reopen(&job, TaskIndex(index), attempt, &lost);
                seen(reopen.await)
            }
            Ask::Repair(end) => {
                let missing = store.missing(&job, 9).await;
                let all: Vec<_> = (0..end).map(TaskIndex).zip(payloads(0..end)).collect();
                seen(missing) + &seen(store.repair(&job, &all).await)
            }
            Ask::Finish => seen(store.finish(&job).await),
            Ask::Abandon => seen(store.abandon(&job, "no more").await),
        }
    }

    fn note(&mut self, claims: Vec<Claim>) -> String {
        let shown = claims.iter().map(|claim| {
            format!(
                "{} {} {}",
                claim.task.index, claim.deliveries, claim.payload
            )
        });
        let shown: Vec<_> = shown.collect();
        self.claimed
            .extend(claims.into_iter().map(|claim| claim.task));
        shown.join(", ")
    }

    /// All that is known of the job, but for what is measured by a clock or is a guess.
    async fn picture(&self) -> (JobStatus, Vec<Option<String>>) {
        let status = JobStatus {
            waiting: 0,
            workers: 0,
            beats: 0,
            ..self.job.status().await
        };
        (status, self.job.attempts(0..TOTAL + 1).await)
    }
}

/// A commit of an attempt that counted something of its own.
fn given(task: &TaskRef) -> Commit {
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

async fn twin<S: JobStore + TaskStore>(harness: &impl Harness<Store = S>) -> Twin<S> {
    Twin {
        job: TestJob::reducing(harness, MAPS, TOTAL - MAPS).await,
        claimed: Vec::new(),
    }
}

#[tokio::test]
async fn both_stores_answer_the_same() {
    let redis = Redis::start();
    let (mut reduced, mut done, mut reopened) = (0, 0, 0);
    for seed in 0..20 {
        redis.run::<()>(&["FLUSHALL"]);
        let mut ours: Twin<RedisStore> = twin(&redis).await;
        let mut theirs: Twin<EmbeddedStore> = twin(&Embedded::default()).await;
        let (mut dice, mut story) = (Dice(seed), Vec::new());
        for _ in 0..120 {
            let ask = ask(&mut dice, ours.claimed.len());
            let (answer, other) = (ours.answer(&ask).await, theirs.answer(&ask).await);
            reopened += u32::from(answer == "Reopened");
            story.push(format!("{ask:?}: {answer}"));
            assert_eq!(answer, other, "seed {seed}: {story:#?}");
            let picture = ours.picture().await;
            assert_eq!(picture, theirs.picture().await, "seed {seed}: {story:#?}");
        }
        let planned = ours.job.status().await.planned;
        reduced += u32::from(planned == TOTAL);
        done += u32::from(ours.job.status().await.done == TOTAL);
    }
    // The dice lead everywhere.
    assert!(
        reduced > 5 && done > 2 && reopened > 8,
        "{reduced} {done} {reopened}"
    );
}
