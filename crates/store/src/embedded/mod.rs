//! The store of a single process, under the same contract as the Redis store.
//!
//! The store ends with the process, so it is never rolled back. In everything else it follows the conformance suite.
//! Counts are kept in shards, so that several slots of a worker can commit at the same time.

mod backup;
mod hold_times;
mod job;
mod job_store;
mod output_store;
mod shards;
mod store;
mod task_store;

pub use store::EmbeddedStore;
