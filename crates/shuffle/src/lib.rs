//! The shuffle: the data that flows from map attempts to reduce attempts, and from these to the master.
//!
//! ```text
//! words -> CountCollector -> run: partition 0 | partition 1 | …               one blob for each map attempt
//!                            |
//!            sections of all runs -> merge -> CountRows -> partition result   one blob for each reduce attempt
//! ```
//! A run is sorted by [`mapreduce_core::key::hash`], and a partition result is in the order of the result. Both consist
//! of sections, sections of blocks, and blocks of records. Each block has a checksum. All memory is bounded: a table or
//! a list of rows that reaches its limit is spilled to a local file as a sorted section and merged later.
//!
//! # Layout
//! - [`spool`]: buffers that move from memory to a local file beyond a limit. `spill`: sorted records in a local file.
//! - `record`, `block`: the codec. [`blob`], [`entry`]: header, index and sections of a blob.
//! - [`section`]: reader of one section. [`range_source`]: sources of its bytes.
//! - [`merge`]: merging and adding up of sections that are sorted by hash.
//! - [`count_collector`]: the map side of counting jobs. [`count_reduce`]: the reduce side. [`count_rows`],
//!   [`ordered_merge`]: the order of the result.
//! - [`pairs`]: both sides of all other jobs.

pub mod blob;
mod block;
mod combine_task;
pub mod count_collector;
pub mod count_reduce;
pub mod count_rows;
pub mod entry;
pub mod error;
pub mod merge;
pub mod ordered_merge;
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
pub use entry::{BlobKind, SectionEntry};
pub use error::{PairError, ShuffleError};
pub use ordered_merge::merge_rows;
pub use pairs::{
    CollectOptions, FoundRow, PairCollector, PairReduce, PartitionBy, PartitionFn,
    ReduceInputStats, ReduceTask, ReducedRows, RowSink, RowSinkOptions, each_row,
};
pub use range_source::RangeSource;
pub use record::CountRecord;
pub use section::Section;
pub use spool::{Scratch, Spool, Spooled};
pub use table::CountTable;
