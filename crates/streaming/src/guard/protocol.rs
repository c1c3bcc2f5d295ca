//! Signal, exit code and argument that worker and guard agree on.

use rustix::process::Signal;

/// First argument of a program that runs as a guard.
pub(super) const GUARD_ARGUMENT: &str = "guard-a-streaming-command";

/// Signal that makes a guard end its command and itself.
pub(crate) const TERMINATE: Signal = Signal::USR1;

/// Exit code of a guard that failed.
pub(crate) const EXIT_UNABLE: i32 = 125;
