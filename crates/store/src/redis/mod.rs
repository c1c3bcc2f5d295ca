//! The store of a cluster: one Redis server (7.0 or newer) or Valkey server (8 or newer).
//!
//! ```text
//! JobStore    -> job_store    -+-> plan, repair, finish: functions of lua/
//! TaskStore   -> task_store   -+-> commit, claims, reopen (one call = one atomic step)
//! OutputStore -> output_store -+
//!                              +-> results, checkpoint, health, watch, announce: plain commands
//! BlobStore   -> blobs, chunked_read: plain strings, written whole and read in ranges
//! store       -> permissions, server: checks of the user and of the server before any work
//! connection  -> network: a pool, and separate connections for blocking reads; or a simulation
//! ```
//! Only `keys` builds the names of keys, and only `errors` classifies errors of Redis.

mod abi;
mod backup;
mod blobs;
mod checkpoint;
mod chunked_read;
mod claims;
mod commit;
mod commit_batches;
mod connection;
mod entries;
mod errors;
mod events;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz_targets;
mod health;
mod job_store;
mod keys;
mod library;
mod network;
mod options;
mod output_store;
mod permissions;
mod reply;
mod results;
mod server;
mod status;
mod store;
mod task_store;

pub use blobs::RedisBlobs;
#[doc(hidden)]
pub use connection::SimulatedServer;
#[doc(hidden)]
pub use keys::job_keys;
#[doc(hidden)]
pub use library::library_text;
pub use options::RedisOptions;
pub use store::RedisStore;
