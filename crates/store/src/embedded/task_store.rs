//! A worker's interface.

use std::time::Duration;

use mapreduce_core::WorkerName;
use tokio::time::Instant;

use super::job::{Job, Manifest};
use super::store::EmbeddedStore;
use crate::blocking::run_blocking;
use crate::error::StoreResult;
use crate::traits::TaskStore;
use crate::types::{
    AttemptFailure, Backup, Claim, Commit, CommitReply, FailReply, JobAvailability, JobHeader,
    JobRef, JobState, Renewal, StoreId, StoredOutput, TaskOutput, TaskRef,
};

/// Largest sum of counts. The limit comes from Redis, whose scores are exact up to here.
const MAX_SUM: u64 = 1 << 53;

impl TaskStore for EmbeddedStore {
    async fn reconnect(&self) -> StoreResult<StoreId> {
        Ok(StoreId("embedded".to_owned()))
    }

    async fn next_job(&self, wait: Duration) -> StoreResult<Option<JobHeader>> {
        let look = |store: &Self| {
            let jobs = store.jobs();
            let ready = jobs
                .values()
                .filter(|job| matches!(job.state, JobState::Map | JobState::Reduce));
            let listed = ready.filter_map(|job| Some((job.listed?, job)));
            Ok(listed
                .min_by_key(|(position, _)| *position)
                .map(|(_, job)| job.header.clone()))
        };
        self.until(wait, look).await
    }

    async fn time_since_dismissal(&self) -> StoreResult<Option<Duration>> {
        // The master and the workers share one process.
        Ok(None)
    }

    async fn job_availability(&self, job: &JobRef) -> StoreResult<JobAvailability> {
        let jobs = self.jobs();
        let found = jobs.get(&job.id).filter(|found| found.header.job == *job);
        Ok(match found {
            None => JobAvailability::Unknown,
            Some(found) if found.listed.is_none() => JobAvailability::Over,
            Some(found) if found.state == JobState::Planning => JobAvailability::Unknown,
            Some(_) => JobAvailability::Needed,
        })
    }

    async fn claim(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        count: u32,
        wait: Duration,
    ) -> StoreResult<Vec<Claim>> {
        let look = |store: &Self| {
            let mut jobs = store.jobs();
            let Some(found) = jobs
                .get_mut(&job.id)
                .filter(|found| found.header.job == *job)
            else {
                return Ok(None);
            };
            if found.state.is_over() || found.state == JobState::Planning {
                return Ok(None);
            }
            let claims: Vec<_> = (0..count).map_while(|_| found.deliver(worker)).collect();
            Ok(Some(claims).filter(|claims| !claims.is_empty()))
        };
        Ok(self.until(wait, look).await?.unwrap_or_default())
    }

    async fn held(&self, job: &JobRef, worker: &WorkerName) -> StoreResult<Vec<Claim>> {
        self.with(job, |job| {
            let mine = job.leases(|held| held.worker == *worker);
            mine.iter().filter_map(|entry| job.claim(entry)).collect()
        })
    }

    async fn reclaim(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
        count: u32,
    ) -> StoreResult<Vec<Claim>> {
        self.with(job, |job| {
            let mut entries = job.leases(|held| held.since.elapsed() >= lease);
            entries.truncate(count as usize);
            for entry in &entries {
                if let Some(held) = job.held.get_mut(entry) {
                    held.worker = worker.clone();
                    held.since = Instant::now();
                    held.taken = held.since;
                    held.deliveries += 1;
                }
            }
            entries
                .iter()
                .filter_map(|entry| job.claim(entry))
                .collect()
        })
    }

    async fn backup(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
    ) -> StoreResult<Backup> {
        self.with(job, |job| job.backup(worker, lease))
    }

    async fn renew(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        tasks: &[TaskRef],
    ) -> StoreResult<Vec<Renewal>> {
        self.with(job, |job| {
            job.record_alive(worker);
            let renewed: Vec<_> = tasks.iter().map(|task| renew(job, worker, task)).collect();
            // Workers without a lease are not a sign of progress.
            job.beats += u64::from(renewed.contains(&Renewal::Renewed));
            renewed
        })
    }

    async fn commit(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        commit: &Commit,
    ) -> StoreResult<CommitReply> {
        let (pairs, counts) = {
            let mut jobs = self.jobs();
            let Some(found) = jobs.get_mut(&job.id) else {
                return Ok(CommitReply::NoPlan);
            };
            if let Err(reply) = admit(found, job, commit) {
                return Ok(reply);
            }
            match &commit.output {
                TaskOutput::Counts(pairs) => (pairs.clone(), found.counts.clone()),
                TaskOutput::Stored(stored) => {
                    complete(found, worker, commit, Some(stored.clone()));
                    drop(jobs);
                    self.notify();
                    return Ok(CommitReply::Committed);
                }
            }
        };
        // The counts are added and the task is marked as done together, even if the caller is dropped meanwhile.
        let (store, job, worker, commit) =
            (self.clone(), job.clone(), worker.clone(), commit.clone());
        let committed = run_blocking(move || {
            counts.add(&pairs, commit.task.index.0 as usize * 7);
            store.with(&job, |job| {
                complete(job, &worker, &commit, None);
                CommitReply::Committed
            })
        });
        committed.await.expect("adding counts does not panic")
    }

    async fn fail(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        task: TaskRef,
        failure: Option<&AttemptFailure>,
    ) -> StoreResult<FailReply> {
        self.with(job, |job| {
            if renew(job, worker, &task) == Renewal::Lost || job.is_settled(task.index) {
                return FailReply::Stale;
            }
            // The entry is removed, so earlier deliveries that ended without a report are counted as failed attempts
            // now.
            if let Some(held) = job
                .held
                .remove(&task.entry)
                .filter(|held| held.deliveries > 1)
            {
                *job.failed.entry(task.index).or_default() += held.deliveries - 1;
            }
            let last = failure.filter(|failure| job.count_failure(task.index, failure));
            // Another attempt is still running: leave the task to it.
            if job.held.values().any(|held| held.index == task.index) {
                return FailReply::Retry;
            }
            if let Some(failure) = last {
                job.bury(task.index, failure);
                return FailReply::Dead;
            }
            job.requeue([task.index]);
            FailReply::Retry
        })
    }
}

/// Renews a lease.
fn renew(job: &mut Job, worker: &WorkerName, task: &TaskRef) -> Renewal {
    if job.done.contains_key(&task.index) {
        job.held.remove(&task.entry);
        return Renewal::Lost;
    }
    match job.held.get_mut(&task.entry) {
        Some(held) if held.worker == *worker => {
            held.since = Instant::now();
            Renewal::Renewed
        }
        _ => Renewal::Lost,
    }
}

/// Marks a task as done.
fn complete(job: &mut Job, worker: &WorkerName, commit: &Commit, output: Option<StoredOutput>) {
    let (index, counters) = (commit.task.index, commit.counters.clone());
    job.record_hold_time(&commit.task, worker);
    job.committing.remove(&index);
    job.counters += &counters;
    job.done.insert(index, Manifest { counters, output });
    // A late commit revives a dead task.
    job.dead.remove(&index);
    job.held.remove(&commit.task.entry);
    job.record_alive(worker);
    job.beats += 1;
}

/// Checks a commit. If it is valid, marks its task as being committed, so that another commit is a duplicate.
fn admit(found: &mut Job, job: &JobRef, commit: &Commit) -> Result<(), CommitReply> {
    let index = commit.task.index;
    if found.header.job != *job {
        return Err(CommitReply::Mismatch);
    }
    if index.0 >= found.header.total {
        return Err(CommitReply::Refused(format!(
            "task {index} is not in the plan, which has {} tasks",
            found.header.total
        )));
    }
    if found.done.contains_key(&index) || found.committing.contains(&index) {
        found.held.remove(&commit.task.entry);
        return Err(CommitReply::Duplicate);
    }
    if !matches!(found.state, JobState::Map | JobState::Reduce) {
        return Err(CommitReply::State(found.state));
    }
    if index.0 >= found.payloads.len() as u32 {
        return Err(CommitReply::State(JobState::Planning));
    }
    let total = match &commit.output {
        TaskOutput::Counts(pairs) => pairs.total(),
        TaskOutput::Stored(stored) => match stored.refusal() {
            Some(reason) => return Err(CommitReply::Refused(reason)),
            None => Some(0),
        },
    };
    let sum = total
        .and_then(|total| total.checked_add(found.sum))
        .filter(|sum| *sum <= MAX_SUM);
    let Some(sum) = sum else {
        return Err(CommitReply::Refused(format!(
            "adding the counts of task {index} would exceed 2^53"
        )));
    };
    found.sum = sum;
    found.committing.insert(index);
    Ok(())
}
