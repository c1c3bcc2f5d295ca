//! A test job.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use mapreduce_core::{Counters, JobId, Pairs, PlanHash, Task, TaskIndex, WorkerName};

use super::harness::Harness;
use crate::traits::{JobStore, TaskStore};
use crate::types::{
    AttemptFailure, Claim, Commit, CommitReply, FinishReply, JobAvailability, JobHeader, JobRef,
    JobState, JobStatus, PlanReply, ReopenReply, StoredOutput, TaskOutput, TaskRef,
};

/// Longer than any test, so that a master watches the job all the time.
const PRESENT: Duration = Duration::from_secs(600);

/// A wait that is longer than any test.
pub const LONG: Duration = Duration::from_secs(120);
/// Upper limit of "at once" on a machine that also runs other tests.
pub const SOON: Duration = Duration::from_secs(20);
/// A wait that ends without an event.
pub const SHORT: Duration = Duration::from_millis(20);

/// A job in a store, with shortcuts for working on it. They panic if the store does not behave as a healthy one.
#[derive(Debug)]
pub struct TestJob<S> {
    /// A handle on the store.
    pub store: S,
    /// Header of the plan.
    pub header: JobHeader,
}

/// Returns a worker name.
pub fn worker(name: &str) -> WorkerName {
    WorkerName::new(name)
}

/// Returns the header of a job with `total` map tasks.
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

/// Returns a distinct payload for each task. A store does not care which kind of task it holds.
pub fn payloads(indexes: Range<u32>) -> Vec<String> {
    indexes
        .map(|index| format!("{{\"reduce\":{index}}}"))
        .collect()
}

/// Checks that a claim carries the parsed payload of the task `index` of [`payloads`].
pub fn check_payload(claim: &Claim, index: u32) {
    assert_eq!(claim.payload.as_deref(), Ok(&Task::Reduce(index)));
}

impl<S: JobStore + TaskStore> TestJob<S> {
    /// Creates a job with `total` map tasks, all planned.
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

    /// Creates a job with `maps` planned map tasks and `reduces` unplanned reduce tasks.
    pub async fn reducing(harness: &impl Harness<Store = S>, maps: u32, reduces: u32) -> Self {
        let mut job = Self::unplanned(harness, "job", maps).await;
        job.header.total = maps + reduces;
        assert_eq!(job.plan(0..maps).await, PlanReply::Complete);
        job
    }

    /// Like [`TestJob::reducing`], with the map tasks done by the attempts `m<index>` and the reduce tasks planned.
    pub async fn reduced(harness: &impl Harness<Store = S>, maps: u32, reduces: u32) -> Self {
        let job = Self::reducing(harness, maps, reduces).await;
        job.store_all("m").await;
        let planned = job.plan(maps..maps + reduces).await;
        assert_eq!(planned, PlanReply::Complete);
        job
    }

    /// Plans a range of tasks.
    pub async fn plan(&self, tasks: Range<u32>) -> PlanReply {
        let payloads = payloads(tasks.clone());
        let plan = self.store.plan(&self.header, tasks.start, &payloads);
        plan.await.unwrap()
    }

    /// Creates a job that the store does not know yet.
    pub async fn unplanned(harness: &impl Harness<Store = S>, id: &str, total: u32) -> Self {
        let store = harness.store();
        store.connect().await.unwrap();
        let header = header(id, total);
        store
            .announce_presence(Some(&header.job), PRESENT)
            .await
            .unwrap();
        Self { store, header }
    }

    /// Returns the id of the job.
    pub fn id(&self) -> &JobId {
        &self.header.job.id
    }

    /// Returns the job and its plan.
    pub fn job(&self) -> &JobRef {
        &self.header.job
    }

    /// Claims `count` tasks, which must exist.
    pub async fn claim(&self, name: &str, count: u32) -> Vec<Claim> {
        let claims = self
            .store
            .claim(self.job(), &worker(name), count, SOON)
            .await
            .unwrap();
        assert_eq!(claims.len(), count as usize);
        claims
    }

    /// Claims a task, which must exist.
    pub async fn claim_one(&self, name: &str) -> Claim {
        self.claim(name, 1).await.remove(0)
    }

    /// Claims all waiting tasks.
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

    /// Claims all waiting tasks, and commits each with `words`.
    pub async fn complete(&self, name: &str, words: &[(&str, u64)]) {
        for claim in self.claim_rest(name).await {
            assert_eq!(
                self.commit(name, &claim.task, words).await,
                CommitReply::Committed
            );
        }
    }

    /// Commits a task with the stored output of `attempt`.
    pub async fn commit_stored(&self, name: &str, task: &TaskRef, attempt: &str) -> CommitReply {
        let output = TaskOutput::Stored(stored(attempt));
        let commit = Commit {
            output,
            ..commit(task, Pairs::default())
        };
        let reply = self.store.commit(self.job(), &worker(name), &commit).await;
        reply.unwrap()
    }

    /// Claims all waiting tasks, and commits each with the stored output of the attempt `<prefix><index>`.
    pub async fn store_all(&self, prefix: &str) {
        for claim in self.claim_rest("w").await {
            let attempt = format!("{prefix}{}", claim.task.index);
            let reply = self.commit_stored("w", &claim.task, &attempt).await;
            assert_eq!(reply, CommitReply::Committed);
        }
    }

    /// Reopens a task that may fail four times.
    pub async fn reopen(&self, index: u32, attempt: &str) -> ReopenReply {
        let (task, lost) = (TaskIndex(index), failure("its run is lost", 4));
        let reply = self.store.reopen(self.job(), task, attempt, &lost).await;
        reply.unwrap()
    }

    /// Returns the attempts that stored the outputs of the tasks.
    pub async fn attempts(&self, tasks: Range<u32>) -> Vec<Option<String>> {
        let outputs = self.store.outputs(self.job(), tasks).await.unwrap();
        let attempt = |output: Option<StoredOutput>| Some(output?.attempt);
        outputs.into_iter().map(attempt).collect()
    }

    /// Returns the status of the job, which the store must know.
    pub async fn status(&self) -> JobStatus {
        self.store
            .status(self.id())
            .await
            .unwrap()
            .expect("the job is known")
    }

    /// Checks the state of the job, and that the store reports to workers whether the job needs them.
    pub async fn check_state(&self, state: JobState) {
        assert_eq!(self.status().await.state, state);
        let availability = match state {
            JobState::Planning => JobAvailability::Unknown,
            _ => JobAvailability::Needed,
        };
        assert_eq!(
            self.store.job_availability(self.job()).await.unwrap(),
            availability
        );
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
        assert_eq!(counts.len(), pairs.len(), "a key appears twice");
        counts
    }
}

/// Returns a commit of `pairs`. Its counters count the pairs as emitted and the task as one record.
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

/// Returns the stored output of an attempt.
pub fn stored(attempt: &str) -> StoredOutput {
    StoredOutput {
        attempt: attempt.to_owned(),
        bytes: attempt.len() as u64,
        records: 2,
        // A double cannot hold this value exactly.
        sum: (1 << 60) + 1,
    }
}

/// Returns the failure of an attempt.
pub fn failure(reason: &str, max_attempts: u32) -> AttemptFailure {
    AttemptFailure {
        reason: reason.to_owned(),
        max_attempts,
    }
}

/// Returns the indexes of the claimed tasks.
pub fn indexes(claims: &[Claim]) -> Vec<u32> {
    claims.iter().map(|claim| claim.task.index.0).collect()
}

/// Returns a task that was never delivered.
pub fn undelivered(index: u32) -> TaskRef {
    TaskRef {
        index: TaskIndex(index),
        entry: format!("1-{}", index + 1),
    }
}

/// Returns counts in the form of [`TestJob::results`].
pub fn counts(words: &[(&str, u64)]) -> BTreeMap<Vec<u8>, u64> {
    words
        .iter()
        .map(|(word, count)| (word.as_bytes().to_vec(), *count))
        .collect()
}
