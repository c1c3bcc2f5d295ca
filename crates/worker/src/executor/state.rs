//! State that all actions share.

use std::sync::Arc;

use mapreduce_core::WorkerName;
use tokio_util::sync::CancellationToken;

use super::commit_gate::CommitGate;
use super::lease_grace::LeaseGrace;
use super::master_watch::MasterWatch;
use super::task_environment::TaskEnvironment;
use crate::core::WorkerEvent;
use crate::error::WorkerError;
use crate::options::WorkerOptions;

/// Outcome of an action.
pub(crate) type ActionResult = Result<WorkerEvent, WorkerError>;

/// Performs actions on a store.
pub(crate) struct Executor<S, B> {
    pub(super) store: S,
    pub(super) blobs: B,
    pub(super) environment: Arc<TaskEnvironment>,
    pub(super) options: WorkerOptions,
    pub(super) stop: CancellationToken,
    pub(super) commit_gate: CommitGate,
    pub(super) lease_grace: LeaseGrace,
    pub(super) master_watch: MasterWatch,
}

impl<S, B> Executor<S, B> {
    pub(crate) fn new(
        store: S,
        blobs: B,
        options: WorkerOptions,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            blobs,
            environment: Arc::new(TaskEnvironment::new(&options)),
            commit_gate: CommitGate::new(),
            lease_grace: LeaseGrace::new(options.lease),
            master_watch: MasterWatch::new(options.deadline),
            options,
            stop,
        })
    }

    pub(crate) fn name(&self) -> &WorkerName {
        &self.options.name
    }
}
