//! Idle timeout of a worker without a job.

use std::time::Duration;

/// Limit between a worker that starts after its job is over and one that starts before the next job. Containers of one
/// cluster start within seconds of each other, and a master renews its presence every second.
const JUST_MISSED: Duration = Duration::from_secs(10);
/// Timeout of a worker that missed its job.
const AFTER_JOB: Duration = Duration::from_secs(5);
/// Timeout of a worker that may be early. Docker restarts a crashed container after up to a minute, and users start one
/// program after the other.
const BEFORE_JOB: Duration = Duration::from_secs(60);

/// Returns the idle timeout of a worker that started `before_start` after the last master dismissed the workers. The
/// duration is zero if the worker started earlier.
///
/// A worker that starts or restarts after its job is over must not wait for ever. A worker that starts before the
/// master of the next job must not leave too soon.
pub(crate) fn idle_timeout(before_start: Duration) -> Duration {
    if before_start < JUST_MISSED {
        AFTER_JOB
    } else {
        BEFORE_JOB
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_just_missed_its_job_leaves_soon_and_an_early_one_waits() {
        let (soon, later) = (Duration::from_secs(5), Duration::from_secs(60));
        assert_eq!(idle_timeout(Duration::ZERO), soon);
        assert_eq!(idle_timeout(Duration::from_secs(9)), soon);
        assert_eq!(idle_timeout(Duration::from_secs(10)), later);
        assert_eq!(idle_timeout(Duration::from_secs(3000)), later);
    }
}
