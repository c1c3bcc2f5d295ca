//! Clients of the server.

/// Number of a client: 0 is the master, the workers follow.
pub type ClientId = usize;
