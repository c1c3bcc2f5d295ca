//! Faults of connections.

/// Fault of all connections of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionFault {
    /// The server refuses connections.
    Refused,
    /// Requests are lost.
    RequestsLost,
    /// Commands are executed, but their replies are lost.
    RepliesLost,
    /// Each direction takes this many ms more.
    Slow(u64),
}
