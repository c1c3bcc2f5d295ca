//! The data plane: what a map attempt hands to reduce attempts, and these to the master.
//!
//! ```text
//! words -> CountCollector -> run: partition 0 | partition 1 | …     one blob for each map attempt
//!                            |
//!            sections of all runs -> merge -> CountRows -> part    one blob for each reduce attempt
//! ```
//! A run is sorted by [`mapreduce_core::key::hash`], a part as the result is. Both are made of sections, sections of
//! blocks, and blocks of records; each block has a checksum. Memory is bounded everywhere: tables and rows
//! that outgrow theirs are spilled to local files as sorted sections and merged again.
//!
//! # Layout
//! - [`spool`]: bytes in memory, or beyond a limit in a local file. `spill`: sorted records in one.
//! - `record`, `block`: the codec. [`blob`]: header, index and sections.
//! - [`section`]: reading one section, block by block.
//! - [`merge`]: sections in the order of the hash, added up.
//! - [`count_collector`]: the map side. [`count_reduce`]: the reduce side. [`count_rows`], [`ordered`]: the order of the
//!   result.

pub mod blob;
mod block;
mod combine_task;
pub mod count_collector;
pub mod count_reduce;
pub mod count_rows;
pub mod entry;
pub mod error;
pub mod merge;
pub mod ordered;
pub mod pairs;
pub mod range_source;
mod record;
pub mod section;
mod spill;
pub mod spool;
pub mod table;

pub use blob::{BlobWriter, WrittenBlob};
pub use combine_task::{CombineTask, RawValues};
pub use count_collector::CountCollector;
pub use count_reduce::{CountReduce, Merged, Reduced, RunSection};
pub use count_rows::CountRows;
pub use entry::{BlobKind, Entry};
pub use error::ShuffleError;
pub use ordered::merge_rows;
pub use pairs::{
    CollectOptions, FoundRow, PairCollector, PairReduce, PairReduced, PartitionBy, PartitionFn, ReduceTask,
    RowSink, RowSinkOptions, RowsOut, each_row,
};
pub use range_source::RangeSource;
pub use record::Found;
pub use section::Section;
pub use spool::{Scratch, Spool, Spooled};
pub use table::CountTable;
