//! A task that a worker holds.

use std::sync::Arc;

use store::Claim;

use super::attempt::FinishedAttempt;

/// A held task.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) claim: Claim,
    pub(super) phase: Phase,
}

/// Phase of a held task.
#[derive(Debug)]
pub(super) enum Phase {
    /// A renewal checks whether the lease of a task that was delivered before belongs to this worker.
    Confirming,
    /// The task was claimed ahead, and waits for a slot.
    Waiting,
    /// An attempt is running.
    Running,
    /// The finished attempt is being committed.
    Committing {
        finished: Arc<FinishedAttempt>,
        tries: u32,
    },
    /// The task is being given back.
    Returning,
}
