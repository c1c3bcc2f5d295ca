//! Grace for the leases of other workers after an outage of the store.

use std::sync::Mutex;
use std::time::Duration;

use store::StoreId;
use tokio::time::Instant;

/// Grace for the leases of other workers.
///
/// While the store is unreachable or full, no worker can renew a lease. After such an outage, this worker reclaims
/// nothing for the length of one lease, so that the other workers have time for a renewal.
pub(super) struct LeaseGrace {
    lease: Duration,
    state: Mutex<State>,
}

struct State {
    /// Incarnation of the store, known since the first connection.
    incarnation: Option<StoreId>,
    /// End of the grace.
    end: Instant,
}

impl LeaseGrace {
    pub(super) fn new(lease: Duration) -> Self {
        let state = State {
            incarnation: None,
            end: Instant::now(),
        };
        let state = Mutex::new(state);
        Self { lease, state }
    }

    /// Returns true once the worker has connected to the store.
    pub(super) fn has_connected(&self) -> bool {
        let state = self.state.lock().expect("no panic under the lock");
        state.incarnation.is_some()
    }

    /// Records the incarnation of the store after a connection. A new incarnation means that the store was unreachable.
    pub(super) fn record(&self, incarnation: StoreId) {
        let mut state = self.state.lock().expect("no panic under the lock");
        let is_new = state
            .incarnation
            .as_ref()
            .is_some_and(|known| *known != incarnation);
        state.incarnation = Some(incarnation);
        if is_new {
            state.end = Instant::now() + self.lease;
        }
    }

    /// Starts the grace. Calls of other workers fail as well while the store rejects calls or does not reply.
    pub(super) fn start(&self) {
        self.state.lock().expect("no panic under the lock").end = Instant::now() + self.lease;
    }

    /// Returns `true` until other workers have had enough time for a renewal.
    pub(super) fn is_active(&self) -> bool {
        Instant::now() < self.state.lock().expect("no panic under the lock").end
    }
}
