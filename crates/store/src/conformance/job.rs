//! A job to test with.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use mapreduce::{Counters, JobId, Pairs, PlanHash, TaskIndex, WorkerName};

use super::Harness;
use crate::{
    Blame, Claim, Commit, CommitReply, FinishReply, JobHeader, JobRef, JobState, JobStatus,
    JobStore, PlanReply, ReopenReply, Standing, Stored, TaskOutput, TaskRef, TaskStore,
};

/// Longer than any test takes: a master watches over the job all the time.
const ATTENDED: Duration = Duration::from_secs(600);

/// A wait that a test never lives to see the end of.
pub const LONG: Duration = Duration::from_secs(120);
/// What "at once" may take on a machine that is busy with other tests.
pub const SOON: Duration = Duration::from_secs(20);
/// A wait that is to end in nothing.
pub const SHORT: Duration = Duration::from_millis(20);

/// A job in a store, and short ways to work on it. All of them panic where the store does not do what a
/// healthy one does.
#[derive(Debug)]
pub struct TestJob<S> {
    /// A handle on the store.
    pub store: S,
    /// What the job is planned with.
    pub header: JobHeader,
}

/// A worker of that name.
pub fn worker(name: &str) -> WorkerName {
    WorkerName::new(name)
}

/// A job of `total` map tasks.
pub fn header(id: &str, total: u32) -> JobHeader {
    JobHeader {
        job: JobRef {
            id: JobId::new(id).unwrap(),
            plan: PlanHash(7),
        },
        spec: "{\"name\":\"word-count\"}".to_owned(),
        maps: total,
        total,
        owner: "owner-1".to_owned(),
    }
}

/// Payloads that tell the tasks apart.
pub fn payloads(indexes: Range<u32>) -> Vec<String> {
    indexes
        .map(|index| format!("{{\"split\":{index}}}"))
        .collect()
}

impl<S: JobStore + TaskStore> TestJob<S> {
    /// A job of `total` tasks, all planned.
    pub async fn planned(harness: &impl Harness<Store = S>, total: u32) -> Self {
        let job = Self::unplanned(harness, "job", total).await;
        let reply = job
            .store
            .plan(&job.header, 0, &payloads(0..total))
            .await
            .unwrap();
        assert_eq!(reply, PlanReply::Complete);
        job
    }

    /// A job of `maps` map tasks, which are planned, and `reduces` reduce tasks, which are not.
    pub async fn reducing(harness: &impl Harness<Store = S>, maps: u32, reduces: u32) -> Self {
        let mut job = Self::unplanned(harness, "job", maps).await;
        job.header.total = maps + reduces;
        assert_eq!(job.plan(0..maps).await, PlanReply::Complete);
        job
    }

    /// Like [`TestJob::reducing`], with the map tasks done by `m<index>` and the reduce tasks planned.
    pub async fn reduced(harness: &impl Harness<Store = S>, maps: u32, reduces: u32) -> Self {
        let job = Self::reducing(harness, maps, reduces).await;
        job.store_all("m").await;
        let planned = job.plan(maps..maps + reduces).await;
        assert_eq!(planned, PlanReply::Complete);
        job
    }

    /// Plans a stretch.
    pub async fn plan(&self, stretch: Range<u32>) -> PlanReply {
        let payloads = payloads(stretch.clone());
        let plan = self.store.plan(&self.header, stretch.start, &payloads);
        plan.await.unwrap()
    }

    /// A job that the store does not know yet.
    pub async fn unplanned(harness: &impl Harness<Store = S>, id: &str, total: u32) -> Self {
        let store = harness.store();
        store.connect().await.unwrap();
        let header = header(id, total);
        store.attend(Some(&header.job), ATTENDED).await.unwrap();
        Self { store, header }
    }

    /// The job's id.
    pub fn id(&self) -> &JobId {
        &self.header.job.id
    }

    /// The job and its plan.
    pub fn job(&self) -> &JobRef {
        &self.header.job
    }

    /// Claims `count` tasks, all of which must be there.
    pub async fn claim(&self, name: &str, count: u32) -> Vec<Claim> {
        let claims = self
            .store
            .claim(self.job(), &worker(name), count, SOON)
            .await
            .unwrap();
        assert_eq!(claims.len(), count as usize);
        claims
    }

    /// Claims a task, which must be there.
    pub async fn claim_one(&self, name: &str) -> Claim {
        self.claim(name, 1).await.remove(0)
    }

    /// Claims whatever is there.
    pub async fn claim_rest(&self, name: &str) -> Vec<Claim> {
        self.store
            .claim(self.job(), &worker(name), 1000, SHORT)
            .await
            .unwrap()
    }

    /// Commits `words` as the output of a task.
    pub async fn commit(&self, name: &str, task: &TaskRef, words: &[(&str, u64)]) -> CommitReply {
        let pairs = words
            .iter()
            .map(|(word, count)| (word.as_bytes(), *count))
            .collect();
        self.commit_pairs(name, task, pairs).await
    }

    /// Commits `pairs` as the output of a task.
    pub async fn commit_pairs(&self, name: &str, task: &TaskRef, pairs: Pairs) -> CommitReply {
        let commit = commit(task, pairs);
        self.store
            .commit(self.job(), &worker(name), &commit)
            .await
            .unwrap()
    }

    /// Claims and commits all tasks that wait, each with `words`.
    pub async fn complete(&self, name: &str, words: &[(&str, u64)]) {
        for claim in self.claim_rest(name).await {
            assert_eq!(
                self.commit(name, &claim.task, words).await,
                CommitReply::Committed
            );
        }
    }

    /// Commits that `attempt` has stored the output of a task.
    pub async fn commit_stored(&self, name: &str, task: &TaskRef, attempt: &str) -> CommitReply {
        let output = TaskOutput::Stored(stored(attempt));
        let commit = Commit {
            output,
            ..commit(task, Pairs::default())
        };
        let reply = self.store.commit(self.job(), &worker(name), &commit).await;
        reply.unwrap()
    }

    /// Claims all tasks that wait, and commits that the attempts `<prefix><index>` have stored them.
    pub async fn store_all(&self, prefix: &str) {
        for claim in self.claim_rest("w").await {
            let attempt = format!("{prefix}{}", claim.task.index);
            let reply = self.commit_stored("w", &claim.task, &attempt).await;
            assert_eq!(reply, CommitReply::Committed);
        }
    }

    /// Reopens a task that may fail four times.
    pub async fn reopen(&self, index: u32, attempt: &str) -> ReopenReply {
        let (task, lost) = (TaskIndex(index), blame("its run is lost", 4));
        let reply = self.store.reopen(self.job(), task, attempt, &lost).await;
        reply.unwrap()
    }

    /// By which attempts tasks stored their output.
    pub async fn attempts(&self, tasks: Range<u32>) -> Vec<Option<String>> {
        let outputs = self.store.outputs(self.job(), tasks).await.unwrap();
        let attempt = |output: Option<Stored>| Some(output?.attempt);
        outputs.into_iter().map(attempt).collect()
    }

    /// The status of the job, which the store must know.
    pub async fn status(&self) -> JobStatus {
        self.store
            .status(self.id())
            .await
            .unwrap()
            .expect("the job is known")
    }

    /// The job must be in `state`, and workers must know whether it needs them.
    pub async fn check_state(&self, state: JobState) {
        assert_eq!(self.status().await.state, state);
        let standing = match state {
            JobState::Planning => Standing::Unknown,
            _ => Standing::Needed,
        };
        assert_eq!(self.store.standing(self.job()).await.unwrap(), standing);
    }

    /// Finishes the job and reads its counts.
    pub async fn results(&self) -> BTreeMap<Vec<u8>, u64> {
        assert_eq!(
            self.store.finish(self.job()).await.unwrap(),
            FinishReply::Done
        );
        let lists = self.store.results(self.job()).await.unwrap();
        let pairs: Vec<(&[u8], u64)> = lists.iter().flat_map(Pairs::iter).collect();
        let counts: BTreeMap<_, _> = pairs
            .iter()
            .map(|(key, count)| (key.to_vec(), *count))
            .collect();
        assert_eq!(counts.len(), pairs.len(), "a key is there twice");
        counts
    }
}

/// A commit of `pairs` whose counters say that each count was a word, and each task a record of it.
pub fn commit(task: &TaskRef, pairs: Pairs) -> Commit {
    let emitted = pairs.total().unwrap_or_default();
    let counters = Counters {
        bytes: 10,
        records: 1,
        emitted,
        ..Counters::default()
    };
    Commit {
        task: task.clone(),
        attempt: 1,
        counters,
        output: TaskOutput::Counts(Arc::new(pairs)),
    }
}

/// What an attempt stored.
pub fn stored(attempt: &str) -> Stored {
    Stored {
        attempt: attempt.to_owned(),
        bytes: attempt.len() as u64,
        records: 2,
        // No double holds it.
        sum: (1 << 60) + 1,
    }
}

/// A failed attempt.
pub fn blame(reason: &str, max_attempts: u32) -> Blame {
    Blame {
        reason: reason.to_owned(),
        max_attempts,
    }
}

/// Which tasks were claimed.
pub fn indexes(claims: &[Claim]) -> Vec<u32> {
    claims.iter().map(|claim| claim.task.index.0).collect()
}

/// A task that was never delivered.
pub fn undelivered(index: u32) -> TaskRef {
    TaskRef {
        index: TaskIndex(index),
        entry: format!("1-{}", index + 1),
    }
}

/// Counts in the form of [`TestJob::results`].
pub fn counts(words: &[(&str, u64)]) -> BTreeMap<Vec<u8>, u64> {
    words
        .iter()
        .map(|(word, count)| (word.as_bytes().to_vec(), *count))
        .collect()
}
