//! The contract of [`JobStore`](crate::JobStore) and [`TaskStore`](crate::TaskStore), as tests for any store.
//!
//! A test file runs the whole suite with one line:
//! ```text
//! store::conformance_tests!(MyHarness::new());
//! ```
//! `MyHarness` implements [`Harness`], and every check gets a new harness. Further arguments, such as
//! `start_paused = true`, go to `#[tokio::test(…)]`. [`blobs`] is the suite of the blob stores.

pub mod backups;
pub mod blobs;
pub mod claims;
pub mod commits;
pub mod failures;
pub mod finishing;
mod harness;
mod macros;
pub mod outputs;
pub mod planning;
pub mod reduces;
pub mod test_job;
pub mod waking;

pub use harness::Harness;
