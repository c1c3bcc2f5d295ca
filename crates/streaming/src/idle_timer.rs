//! The idle time of a command.

#![expect(
    clippy::disallowed_types,
    reason = "a command's time cannot be paused, and its attempt runs on a separate thread"
)]

use std::time::{Duration, Instant};

/// Idle time after which a command's state is checked.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Timer of a command's idle time.
#[derive(Debug, Default)]
pub(crate) struct IdleTimer {
    idle: Duration,
    /// Part of the idle time that has passed since the last check.
    unchecked: Duration,
    /// Start of the time that is not added yet; `None` while the command makes progress.
    since: Option<Instant>,
}

impl IdleTimer {
    /// Returns the time since the last progress.
    pub(crate) fn idle(&self) -> Duration {
        self.idle
    }

    /// Resets the timer, because the command has made progress.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Starts the timer, unless it runs.
    pub(crate) fn start(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Adds the time until now, and returns whether a check is due.
    ///
    /// One call adds at most two ticks. A longer time means that this process was suspended or busy, which is not the
    /// command's idleness.
    pub(crate) fn advance(&mut self) -> bool {
        let now = Instant::now();
        let before = self.since.replace(now).unwrap_or(now);
        let passed = now.saturating_duration_since(before).min(2 * TICK);
        self.idle += passed;
        self.unchecked += passed;
        let due = self.unchecked >= TICK;
        if due {
            self.unchecked = Duration::ZERO;
        }
        due
    }
}
