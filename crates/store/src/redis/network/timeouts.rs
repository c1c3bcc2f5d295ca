//! Response timeouts of commands that do not use the configured one.

use std::time::Duration;

/// Time that a blocking read may take beyond the time for which it blocks.
///
/// The client's default of half a second in all would end reads that Redis still answers. Their tasks would stay
/// claimed without a worker until the lease ends.
pub(in crate::redis) const BLOCKING_READ_GRACE: Duration = Duration::from_secs(10);

/// Response timeout of commits and other slow commands.
///
/// Redis executes one commit at a time and needs about 0.3 s for the largest batch, so this suffices for 100 workers.
/// A shorter timeout would only make workers send the same pairs again.
pub(in crate::redis) const SLOW_RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);
