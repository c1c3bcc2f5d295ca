//! The store of a single process under the conformance suite.

use std::time::Duration;

use store::conformance::Harness;
use store::{EmbeddedStore, JobRef};

#[derive(Default)]
struct Embedded(EmbeddedStore);

impl Harness for Embedded {
    type Store = EmbeddedStore;

    fn store(&self) -> EmbeddedStore {
        self.0.clone()
    }

    async fn age_leases(&self, _: &JobRef, by: Duration) {
        tokio::time::advance(by).await;
    }

    async fn settle(&self) {
        // The runtime has one thread, so a spawned task has run until it waits once all other tasks had a turn.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
}

store::conformance_tests!(Embedded::default(), start_paused = true);
