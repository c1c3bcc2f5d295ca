//! The data plane: map attempts put their runs here, and reduce attempts put their partition results here.
//!
//! # Layout
//! - [`memory`]: blobs in the memory of one process.
//! - [`folder`]: blobs in a shared folder. Blobs in Redis are [`crate::redis::RedisBlobs`].
//! - [`sections`]: readers of blob sections, for threads that may block.
//! - [`job_files`]: files that are shipped with a job.
//! - [`bad_records`]: records that attempts skipped.
//! - `local_file`: range reads of local files.

pub mod bad_records;
pub mod folder;
pub mod job_files;
pub(crate) mod local_file;
pub mod memory;
pub mod sections;

pub use folder::FolderBlobs;
pub use memory::MemoryBlobs;
pub use sections::{
    FoundSection, LostBlob, SectionError, SectionSource, find_sections, open_sections,
};
