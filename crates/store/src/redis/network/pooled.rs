//! A connection that is borrowed from the pool.

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use deadpool_redis::Connection;

/// A connection that is borrowed from the pool and goes back to it on drop.
///
/// Each call gets its own handle with its own response timeout. The handle that goes back to the pool never changes,
/// so a call that is dropped half-way cannot leave its timeout to the next user of the connection.
pub(super) struct PooledConnection(Connection);

impl PooledConnection {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// Returns a handle for one call, which waits up to `response_timeout` for each reply.
    pub(super) fn with_timeout(&self, response_timeout: Duration) -> MultiplexedConnection {
        let mut handle = (*self.0).clone();
        handle.set_response_timeout(response_timeout);
        handle
    }

    /// Closes the connection instead of returning it to the pool.
    pub(super) fn close(self) {
        drop(Connection::take(self.0));
    }
}
