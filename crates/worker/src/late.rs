//! Workers that came too late for a job, or early for the next.

use std::time::Duration;

/// How long a worker without a job waits for a master, when the last one had dismissed the workers
/// `before_start`: this long before the worker started, zero if later.
///
/// A worker that starts when the job is over, or is restarted then, must not wait for ever; one that is
/// started before the master of the next job must not go.
pub(crate) fn patience(before_start: Duration) -> Duration {
    // Containers of one cluster start within seconds of each other: this one came too late. A master
    // gives a sign every second.
    if before_start < Duration::from_secs(10) {
        return Duration::from_secs(5);
    }
    // Docker restarts what crashed after up to a minute; people start one thing after the other.
    Duration::from_secs(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_missed_the_job_by_a_moment_goes_soon_and_an_early_one_waits() {
        let (soon, later) = (Duration::from_secs(5), Duration::from_secs(60));
        assert_eq!(patience(Duration::ZERO), soon);
        assert_eq!(patience(Duration::from_secs(9)), soon);
        assert_eq!(patience(Duration::from_secs(10)), later);
        assert_eq!(patience(Duration::from_secs(3000)), later);
    }
}
