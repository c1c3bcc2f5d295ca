//! Test support that several crates share.
//!
//! # Layout
//! - [`redis_server`]: a `redis-server` process for one test.
//! - [`config`], [`cluster`]: a Redis with real masters and workers.
//! - `queries`: queries about the cluster's job, answered by Redis.
//! - [`proxy`]: a TCP proxy that injects network faults.
//! - [`process`]: one child process with its log.
//! - [`data`]: job input with its expected result. [`data_sets`]: the inputs that most tests use.
//! - [`sample`]: generated input. [`differential`]: random tables with the expected results of jobs.
//! - [`eventually()`]: polling with a deadline.
//! - [`mod@skip`]: reports a test that this machine cannot run.
//! - `binaries`: the programs under test, built on first use.
//!
//! # Larger input
//! Tests read generated samples. `MAPREDUCE_TEST_DATA` may name a folder with larger real input; see [`data_sets`].

mod binaries;
pub mod cluster;
pub mod config;
pub mod data;
pub mod data_sets;
pub mod differential;
pub mod eventually;
pub mod process;
pub mod proxy;
mod queries;
pub mod redis_server;
pub mod sample;
pub mod skip;

pub use binaries::PROGRAMS_ARE_BUILT;
pub use cluster::Cluster;
pub use config::Config;
pub use data::{Data, Tokenizer};
pub use data_sets::test_data_folder;
pub use eventually::{DEADLINE, eventually};
pub use process::Process;
pub use proxy::Proxy;
pub use redis_server::RedisServer;
pub use skip::skip;
