//! Waiting for what must happen, with a deadline.

use std::thread::sleep;
use std::time::Duration;

use tokio::time::Instant;

/// Generous: a test ends long before, unless the machine is busy with something else or it hangs.
pub const DEADLINE: Duration = Duration::from_secs(100);

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks every 10 ms until `condition` holds.
///
/// # Panics
/// After `deadline`, naming `what` did not happen.
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
    fn it_looks_until_the_condition_holds() {
        let mut looks = 0;
        eventually(DEADLINE, "a third look", || {
            looks += 1;
            looks == 3
        });
        assert_eq!(looks, 3);
    }

    #[test]
    #[should_panic(expected = "not within 20ms: the impossible")]
    fn it_gives_up_at_the_deadline() {
        eventually(Duration::from_millis(20), "the impossible", || false);
    }
}
