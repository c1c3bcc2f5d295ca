//! The store of a cluster: one Redis (7.0 or newer) or Valkey (8 or newer).
//!
//! ```text
//! JobStore    -> job_store  -+-> plan, repair, finish: functions of lua/
//! TaskStore   -> task_store -+-> commit, claims, reopen (one call = one indivisible step)
//! OutputStore -> outputs    -+
//!                            +-> results, checkpoint, watch, announce: plain commands
//! BlobStore   -> blobs: plain strings, written whole and read by pieces
//! connection: a pool for everything short; connections of their own for reads that block
//! ```
//! Names of keys are built in `keys` only, errors are told apart in `errors` only.

mod announce;
mod blobs;
mod checkpoint;
mod claims;
mod commit;
mod connection;
mod entries;
mod errors;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod job_store;
mod keys;
mod library;
mod options;
mod outputs;
mod parts;
mod pieces;
mod reply;
mod results;
mod server;
mod status;
mod store;
mod task_store;

pub use blobs::RedisBlobs;
pub use options::RedisOptions;
pub use store::RedisStore;
