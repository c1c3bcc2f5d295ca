//! Hold times of done tasks, which tell slow attempts from normal ones. `lua/held.lua` is the same for Redis.

use std::time::Duration;

/// No attempt is slow before this time, since a backup attempt takes time as well.
const MIN_SLOW: Duration = Duration::from_millis(300);

/// Number of done tasks of a phase and the total time for which they were held.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct HoldTimes {
    tasks: u32,
    total: Duration,
}

impl HoldTimes {
    /// Adds a done task that was held for `time`.
    ///
    /// The time is limited to a multiple of the mean, since a suspended machine can make any task look slow.
    pub(super) fn add(&mut self, time: Duration) {
        let plausible = match self.tasks {
            0 => time,
            tasks => time.min(self.total * 4 / tasks + MIN_SLOW),
        };
        self.tasks += 1;
        self.total += plausible;
    }

    /// Returns the hold time from which a task is slow: 1.5 times the mean, or `lease` while no task is done.
    pub(super) fn slow_after(self, lease: Duration) -> Duration {
        let usual = match self.tasks {
            0 => lease,
            tasks => self.total / tasks * 3 / 2,
        };
        usual.max(MIN_SLOW)
    }
}
