//! A whole cluster in one thread, under one seed.
//!
//! The master's and the workers' loops are the programs' own, with their cores, retries and heartbeats, with the code that
//! maps, merges and writes, and with [`store::RedisStore`] down to the commands that it sends. So is the function
//! library: its text runs in Lua. Made up are the server's data types ([`redis`]), the network, the clock, and whatever
//! goes wrong. Time jumps from event to event, work is done in line, and everything that is left to chance comes
//! from the seed: the same seed is the same story, command by command.
//!
//! # Layout
//! - [`run`]: one seed, from its input to its verdict. `job`: what is to be done.
//! - [`world`]: what everybody shares. `link`: the network. `actors`: master and workers. `faults`: what goes wrong.
//! - `invariants`: what must hold after every command. `stage`: how far a job is when something goes wrong.
//! - [`redis`]: the model of the server.

mod actors;
mod faults;
mod invariants;
mod job;
mod link;
pub mod redis;
pub mod run;
mod stage;
pub mod tally;
pub mod world;

pub use faults::ROLLBACKS;
pub use run::{Report, Verdict, simulate};
pub use stage::Stage;
