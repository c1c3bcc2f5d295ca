//! Simulation of a whole cluster in one thread under one seed.
//!
//! The loops of the master and the workers are those of the real programs, with their cores, retries, heartbeats, and
//! the code that maps, merges and writes. So is [`store::RedisStore`] down to the commands that it sends, and the text
//! of the function library, which runs in Lua. The data types of the server ([`redis`]), the network, the clock and all
//! faults are simulated. Time jumps from event to event and all work runs inline. Every random decision comes from the
//! seed, so the same seed gives the same commands in the same order.
//!
//! # Layout
//! - [`run`]: one simulation, from its seed to its verdict; `job`: its job.
//! - [`world`]: the server and its environment; [`shared_world`]: the world as all tasks share it.
//! - `network`: the network; `programs`: master and workers; `faults`: the injection of faults.
//! - `invariants`: checks after every command; `stage`: the stages of a job.
//! - [`redis`]: the model of the server.

pub mod client_id;
pub mod connection_fault;
mod faults;
mod invariants;
mod job;
mod network;
mod programs;
pub mod redis;
pub mod run;
pub mod shared_world;
mod stage;
pub mod tally;
pub mod world;

pub use faults::ROLLBACKS;
pub use run::{Report, Verdict, simulate};
pub use stage::Stage;
