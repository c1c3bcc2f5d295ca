//! Network faults.

use std::time::Duration;

/// Treatment of the connections through a [`Proxy`](super::Proxy).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// Passes all bytes.
    #[default]
    Pass,
    /// Ends all connections, and new ones at once.
    Refuse,
    /// Passes all bytes after this delay, in both directions.
    Delay(Duration),
    /// Drops requests, replies and ends of connections. Neither side notices.
    HalfOpen,
    /// Passes requests, drops replies.
    LoseReplies,
    /// Passes all bytes until a request contains this text, such as the name of a command. It passes that request
    /// too, but drops the connection's replies from then on.
    LoseRepliesTo(String),
}
