//! Connections to a Redis server: a pool for most commands, separate connections for blocking reads.

mod client;
mod half_open;
mod pooled;
#[cfg(test)]
mod tests;
mod timeouts;

pub(super) use client::Network;
pub(super) use timeouts::{BLOCKING_READ_GRACE, SLOW_RESPONSE_TIMEOUT};
