//! Blobs in a folder that all workers share: `<folder>/mr-<job>/run-<task>-<attempt>`.
//!
//! A blob is written under a temporary name and then renamed, so a reader never sees a partial blob. Nothing is
//! flushed to disk (fsync). After a power failure a blob may be damaged or missing. Its sections have checksums, and
//! the task is rerun, which costs less than a flush of every blob.
//!
//! A blob expires when its modification time is older than the folder's lifetime. The folder of a job is removed as a
//! whole, once the newest blob in it has expired.

mod names;
mod store;
mod sweep;

pub use store::FolderBlobs;
