//! What the tests of several crates share.
//!
//! # Layout
//! - [`redis_server`]: a real Redis per test.

pub mod redis_server;

pub use redis_server::RedisServer;
