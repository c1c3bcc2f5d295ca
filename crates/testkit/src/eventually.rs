//! Polling with a deadline.

use std::thread::sleep;
use std::time::Duration;

use tokio::time::Instant;

/// Deadline of most waits. Tests on two quiet cores need a tenth of it; a test that needs more hangs.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// Pause between two polls.
const PAUSE: Duration = Duration::from_millis(10);

/// Polls every 10 ms until `condition` holds.
///
/// # Panics
/// After `deadline`. The message contains `what`, the awaited event.
pub fn eventually(deadline: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < deadline,
            "not within {deadline:?}: {what}"
        );
        sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_polls_until_the_condition_holds() {
        let mut polls = 0;
        eventually(DEADLINE, "a third poll", || {
            polls += 1;
            polls == 3
        });
        assert_eq!(polls, 3);
    }

    #[test]
    #[should_panic(expected = "not within 20ms: the impossible")]
    fn it_panics_at_the_deadline() {
        eventually(Duration::from_millis(20), "the impossible", || false);
    }
}
