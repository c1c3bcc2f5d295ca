//! The data plane: where map attempts put their runs and reduce attempts their parts.
//!
//! # Layout
//! - [`blob`]: what is stored and what is asked for.
//! - [`contract`]: the one trait; it asks no more than what object stores can do.
//! - [`memory`]: inside one process; [`folder`]: in a shared folder, which `sweep` clears of what is
//!   left over. Those in Redis are [`crate::redis::RedisBlobs`].
//! - [`any`]: one of them, chosen at run time.
//! - [`sections`]: sections of blobs, for threads that may block.
//! - [`files`]: files that come with a job. [`bad_records`]: what attempts left out. `file`: reading ranges of local files.

pub mod any;
pub mod bad_records;
pub mod blob;
pub mod contract;
pub(crate) mod file;
pub mod files;
pub mod folder;
pub mod memory;
pub mod sections;
mod sweep;

pub use any::Blobs;
pub use blob::{Blob, BlobId, BlobRange, Room};
pub use contract::BlobStore;
pub use folder::FolderBlobs;
pub use memory::MemoryBlobs;
pub use sections::{FoundSection, LostBlob, SectionSource, find_sections, open_sections};
