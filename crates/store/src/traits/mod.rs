//! Interface of every store.

mod blob_store;
mod job_store;
mod output_store;
mod task_store;

pub use blob_store::BlobStore;
pub use job_store::JobStore;
pub use output_store::OutputStore;
pub use task_store::TaskStore;
