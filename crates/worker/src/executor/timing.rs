//! Intervals and pauses.

use std::time::Duration;

/// Longest wait for a task or a job. It bounds the time until an idle worker notices that a job is over, that a lease
/// has expired, or SIGTERM.
pub(super) const POLL: Duration = Duration::from_secs(1);
/// Pause before a failed action is tried again, so that a permanent fault does not make the worker spin.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// Interval at which a pause checks for cancellation. It is well below the time that a worker has to give tasks back.
pub(super) const CANCEL_CHECK: Duration = Duration::from_millis(50);
