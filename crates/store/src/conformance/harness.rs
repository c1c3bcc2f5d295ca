//! Interface between the suite and a store under test.

use std::future::Future;
use std::time::Duration;

use crate::traits::{JobStore, TaskStore};
use crate::types::JobRef;

/// A store under test, which is empty at first.
pub trait Harness: Send + Sync {
    /// Type of the store.
    type Store: JobStore + TaskStore;

    /// Returns a handle on the store. All handles of a harness share one store.
    fn store(&self) -> Self::Store;

    /// Ages all leases of the job by `by`.
    fn age_leases(&self, job: &JobRef, by: Duration) -> impl Future<Output = ()> + Send;

    /// Returns once a call that was just spawned waits inside the store.
    fn settle(&self) -> impl Future<Output = ()> + Send;
}
