//! The data plane: where map attempts put their runs and reduce attempts their parts.
//!
//! # Layout
//! - [`blob`]: what is stored and what is asked for.
//! - [`contract`]: the one trait; it asks no more than what object stores can do.
//! - [`memory`]: inside one process. Blobs in Redis keys are in `redis/blobs.rs`.
//! - `file`: reading ranges of local files.

pub mod blob;
pub mod contract;
mod file;
pub mod memory;

pub use blob::{Blob, BlobId, BlobRange, Room};
pub use contract::BlobStore;
pub use memory::MemoryBlobs;
