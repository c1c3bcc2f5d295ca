//! For how long a command has done nothing.

#![expect(
    clippy::disallowed_types,
    reason = "a command's time cannot be paused, and its attempt has a thread of its own"
)]

use std::fs::File;
use std::time::{Duration, Instant};

/// How long nothing must happen until it is looked whether something is wrong.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// For how long a command has not moved.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    pub(crate) time: Duration,
    /// How much of that has passed since it was last looked.
    unseen: Duration,
    /// Since when time passes; `None` while it moves.
    since: Option<Instant>,
    /// Bytes that it has not read yet, when it was last looked.
    pub(crate) unread: u64,
    /// Its end of its stdin, to look at when ours is closed.
    pub(crate) stdin: Option<File>,
}

impl Idle {
    /// It has moved.
    pub(crate) fn moved(&mut self) {
        (self.time, self.unseen, self.since) = (Duration::ZERO, Duration::ZERO, None);
    }

    /// It is waited for: time passes from now on, if it does not already.
    pub(crate) fn begin(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Lets time pass until now; whether it is time to look. Two ticks at most pass at once: this process may have
    /// been stopped meanwhile, or busy elsewhere, and that is not the command's idleness.
    pub(crate) fn pass(&mut self) -> bool {
        let now = Instant::now();
        let before = self.since.replace(now).unwrap_or(now);
        let passed = now.saturating_duration_since(before).min(2 * TICK);
        self.time += passed;
        self.unseen += passed;
        let look = self.unseen >= TICK;
        if look {
            self.unseen = Duration::ZERO;
        }
        look
    }
}
