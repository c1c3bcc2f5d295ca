//! A worker's interface.

use std::time::Duration;

use mapreduce_core::WorkerName;

use super::store::RedisStore;
use crate::error::StoreResult;
use crate::traits::TaskStore;
use crate::types::{
    AttemptFailure, Backup, Claim, Commit, CommitReply, FailReply, JobAvailability, JobHeader,
    JobRef, Renewal, StoreId, TaskRef,
};

impl TaskStore for RedisStore {
    async fn reconnect(&self) -> StoreResult<StoreId> {
        self.ready().await
    }

    async fn next_job(&self, wait: Duration) -> StoreResult<Option<JobHeader>> {
        self.await_job(wait).await
    }

    async fn time_since_dismissal(&self) -> StoreResult<Option<Duration>> {
        self.deserted_for().await
    }

    async fn job_availability(&self, job: &JobRef) -> StoreResult<JobAvailability> {
        self.job_standing(job).await
    }

    async fn claim(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        count: u32,
        wait: Duration,
    ) -> StoreResult<Vec<Claim>> {
        self.claim_new(job, worker, count, wait).await
    }

    async fn held(&self, job: &JobRef, worker: &WorkerName) -> StoreResult<Vec<Claim>> {
        self.held_by(job, worker).await
    }

    async fn reclaim(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
        count: u32,
    ) -> StoreResult<Vec<Claim>> {
        self.claim_expired(job, worker, lease, count).await
    }

    async fn backup(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
    ) -> StoreResult<Backup> {
        self.claim_slow(job, worker, lease).await
    }

    async fn renew(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        tasks: &[TaskRef],
    ) -> StoreResult<Vec<Renewal>> {
        self.renew_leases(job, worker, tasks).await
    }

    async fn commit(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        commit: &Commit,
    ) -> StoreResult<CommitReply> {
        self.commit_task(job, worker, commit).await
    }

    async fn fail(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        task: TaskRef,
        failure: Option<&AttemptFailure>,
    ) -> StoreResult<FailReply> {
        self.fail_task(job, worker, task, failure).await
    }
}
