//! Budget of a search for bad records.

use std::time::Duration;

use tokio::time::Instant;

use super::bisection::Progress;

/// Trials for each bad record. One bad record in a million takes half of them.
const TRIALS: u32 = 100;
/// Time for each bad record, as a multiple of the failed attempt. A bisection of a million records takes 20 trials, and
/// a trial that stalls takes as long as the attempt did.
const ATTEMPTS: u32 = 30;
/// Minimum time for each bad record.
const MIN_TIME: Duration = Duration::from_secs(60);

/// Budget of a search: trials and time for each bad record.
#[derive(Debug)]
pub(super) struct SearchBudget {
    time: Duration,
    /// Time and progress at which the last bad record was found.
    last_found: Instant,
    last_progress: Progress,
}

impl SearchBudget {
    /// Creates the budget after a failed attempt of duration `took`.
    pub(super) fn new(took: Duration, now: Instant) -> Self {
        Self {
            time: took.saturating_mul(ATTEMPTS).max(MIN_TIME),
            last_found: now,
            last_progress: Progress { trials: 0, bad: 0 },
        }
    }

    /// Returns true if the budget allows another trial.
    pub(super) fn allows(&mut self, progress: Progress, now: Instant) -> bool {
        if progress.bad > self.last_progress.bad {
            (self.last_found, self.last_progress) = (now, progress);
        }
        let time = now.saturating_duration_since(self.last_found);
        progress.trials - self.last_progress.trials < TRIALS && time <= self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ends_after_too_many_trials_or_too_long_a_time_for_one_record() {
        let start = Instant::now();
        let at = |trials, bad| Progress { trials, bad };
        let mut budget = SearchBudget::new(Duration::from_millis(1), start);
        assert!(budget.allows(at(99, 0), start));
        assert!(!budget.allows(at(100, 0), start));
        assert!(
            budget.allows(at(100, 1), start),
            "a found record allows as many trials again"
        );
        assert!(!budget.allows(at(200, 1), start));

        let took = Duration::from_secs(10);
        let mut budget = SearchBudget::new(took, start);
        assert!(budget.allows(at(1, 0), start + took * 30));
        assert!(!budget.allows(at(1, 0), start + took * 31));
        assert!(budget.allows(at(1, 1), start + took * 31));
        assert!(budget.allows(at(2, 1), start + took * 61));
        assert!(!budget.allows(at(2, 1), start + took * 62));
    }
}
