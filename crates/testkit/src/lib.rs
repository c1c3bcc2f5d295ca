//! What the tests of several crates share.
//!
//! # Layout
//! - [`redis_server`]: a real Redis per test.
//! - [`cluster`]: a Redis with real masters and workers, and what the job in it looks like (`view`).
//! - [`proxy`]: a network between the two that fails on demand.
//! - [`process`]: one of these processes, with its log.
//! - [`data`]: input with the result that it must give; [`sample`]: such input, made here.
//! - [`eventually()`]: waiting, with a deadline.
//! - `binaries`: the programs under test, built when the first of them is started.

mod binaries;
pub mod cluster;
pub mod data;
pub mod eventually;
pub mod process;
pub mod proxy;
pub mod redis_server;
pub mod sample;
mod view;

pub use cluster::{Cluster, Config};
pub use data::{Data, Tokenizer};
pub use eventually::{DEADLINE, eventually};
pub use process::Process;
pub use proxy::Proxy;
pub use redis_server::RedisServer;
