//! The output of a job: a file that the master writes, or a folder of part files that reduce tasks write.
//!
//! An output passes three stages. Each stage has a separate type, so that the compiler rules out a result that is
//! published twice or before it is written:
//!
//! ```text
//! PreparedOutput --fill--> FilledOutput --publish--> PublishedOutput
//!       ^                       |
//!       +----- on an error -----+
//! ```
//!
//! # Layout
//! - `destination`: where the output goes, and which destinations are refused.
//! - `prepared`, `filled`: the stages. `target`: the files or the folder behind them.
//! - `location`: where an output path leads. `file`: an output file. `stream`: an output that is a device or FIFO. `lock`: one master at a time. `durable`: what survives a power failure.
//! - `assembly`: the content of a file from partition results. `empty_result`: its content without input.
//! - `part_files`: an output folder.
//! - `bad_records`: the list of records that were skipped.
//! - `totals`: the totals that reduce tasks have committed.
//! - `error`: why an output cannot be written.

mod assembly;
pub(crate) mod bad_records;
mod destination;
mod durable;
mod empty_result;
mod error;
mod file;
mod filled;
mod location;
mod lock;
mod part_files;
mod prepared;
mod stream;
mod target;
mod totals;

pub(crate) use destination::Destination;
pub use error::OutputError;
pub(crate) use filled::{FilledOutput, PublishedOutput};
pub(crate) use location::{Location, StreamTarget};
pub(crate) use prepared::{FillFailure, PartitionResults, PreparedOutput};
pub(crate) use totals::committed_totals;
