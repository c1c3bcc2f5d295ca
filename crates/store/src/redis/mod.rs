//! The store of a cluster: one Redis (7.0 or newer) or Valkey (8 or newer).
//!
//! ```text
//! JobStore    -> job_store  -+-> plan, repair, finish: functions of lua/
//! TaskStore   -> task_store -+-> commit, claims, reopen (one call = one indivisible step)
//! OutputStore -> outputs    -+
//!                            +-> results, checkpoint, health, watch, announce: plain commands
//! BlobStore   -> blobs: plain strings, written whole and read by pieces
//! permissions: whether the user may do all of this, asked first
//! network: a pool for everything short; connections of their own for reads that block
//! connection: over the network, or to a simulation
//! ```
//! Names of keys are built in `keys` only, errors are told apart in `errors` only.

mod announce;
mod backup;
mod blobs;
mod checkpoint;
mod claims;
mod commit;
mod connection;
mod entries;
mod errors;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod health;
mod job_store;
mod keys;
mod library;
mod network;
mod options;
mod outputs;
mod parts;
mod patience;
mod permissions;
mod pieces;
mod reply;
mod results;
mod server;
mod status;
mod store;
mod task_store;

pub use blobs::RedisBlobs;
#[doc(hidden)]
pub use connection::Link;
#[doc(hidden)]
pub use keys::job_keys;
#[doc(hidden)]
pub use library::library_text;
pub use options::RedisOptions;
pub use store::RedisStore;
