//! Coordination of jobs: the stores that the master and the workers share.
//!
//! Two stores implement the same traits: [`RedisStore`] for a cluster and [`EmbeddedStore`] for a single process.
//! Both pass one [`conformance`] suite.
//!
//! # Layout
//! - [`traits`]: the interface of every store. The master uses [`JobStore`], workers use [`TaskStore`], both use
//!   [`OutputStore`] and [`BlobStore`].
//! - [`types`]: arguments and replies of these traits.
//! - [`error`]: [`StoreError`], whose variants say what the caller can do.
//! - [`blobs`]: blob stores in memory and in a shared folder, and the blob formats.
//! - [`embedded`]: the store of a single process.
//! - [`redis`]: the store of a cluster. Its Redis function library is in `lua/`.
//! - [`any_blobs`]: a blob store that is chosen at run time.
//! - [`blocking`]: a thread pool for work that blocks or takes long.
//! - [`conformance`]: the contract of the traits, as tests for any store.

pub mod any_blobs;
pub mod blobs;
pub mod blocking;
pub mod conformance;
pub mod embedded;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod redis;
pub mod traits;
pub mod types;

pub use any_blobs::AnyBlobs;
pub use blobs::{
    FolderBlobs, FoundSection, LostBlob, MemoryBlobs, SectionError, SectionSource, find_sections,
    open_sections,
};
pub use blocking::{run_blocking, run_blocking_inline};
pub use embedded::EmbeddedStore;
pub use error::{StoreError, StoreResult};
pub use redis::{RedisBlobs, RedisOptions, RedisStore};
pub use traits::{BlobStore, JobStore, OutputStore, TaskStore};
pub use types::*;
