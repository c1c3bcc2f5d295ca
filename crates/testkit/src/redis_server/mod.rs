//! A real `redis-server` for one test. It can be killed, and started again with or without its data.

mod ports;
mod restore;
mod server;

pub use server::RedisServer;
