//! The data plane: what a map attempt hands to reduce attempts, and these to the master.
//!
//! ```text
//! words -> Combiner -> run: partition 0 | partition 1 | …     one blob for each map attempt
//!                            |
//!            sections of all runs -> merge -> Rows -> part    one blob for each reduce attempt
//! ```
//! A run is sorted by [`crate::key::hash`], a part as the result is. Both are made of sections, sections of
//! blocks, and blocks of records; each block has a checksum. Memory is bounded everywhere: tables and rows
//! that outgrow theirs are spilled to local files as sorted sections and merged again.
//!
//! # Layout
//! - [`spool`]: bytes in memory, or beyond a limit in a local file. `spill`: sorted records in one.
//! - `record`, `block`: the codec. [`blob`]: header, index and sections.
//! - [`section`]: reading one section, block by block.
//! - [`merge`]: sections in the order of the hash, added up.
//! - [`combiner`]: the map side. [`reduce`]: the reduce side. [`rows`], [`ordered`]: the order of the
//!   result.

pub mod blob;
mod block;
pub mod combiner;
pub mod error;
pub mod merge;
pub mod ordered;
pub mod pairs;
mod record;
pub mod reduce;
pub mod rows;
pub mod section;
mod spill;
pub mod spool;
#[cfg(test)]
mod tests;

pub use blob::{BlobKind, BlobWriter, Entry, WrittenBlob};
pub use combiner::Combiner;
pub use error::ShuffleError;
pub use ordered::merge_rows;
pub use pairs::{
    CollectOptions, FoundRow, PairCollector, PairReduce, PairReduced, PartitionBy, RowSink,
    RowSinkOptions, RowsOut, each_row,
};
pub use record::Found;
pub use reduce::{Merged, ReduceTask, Reduced, RunSection};
pub use rows::Rows;
pub use section::{RangeSource, Section};
pub use spool::{Scratch, Spool, Spooled};
