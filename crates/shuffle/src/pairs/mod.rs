//! Shuffle of pairs with any values. Pairs are sorted by key, grouped and reduced.
//!
//! ```text
//! pairs -> PairCollector -> run -> PairReduce -> ReduceTask -> RowSink -> partition result -> each_row
//! ```
//! # Layout
//! - `collector`: the map side. `partition_by`, `partition`: assignment of keys to partitions.
//! - `sorter`: sorting in memory. `external_sort`: sorting with spills. `spill`: pairs in local files.
//! - `merge`: merging of sorted sections. `group`: groups of equal keys for the job's code.
//! - `reduce`, `reduce_task`: the reduce side. `rows`: rows of the result. `row`: encoding of a row as a pair.

mod collector;
mod external_sort;
mod group;
mod merge;
mod partition;
mod partition_by;
mod reduce;
mod reduce_task;
mod row;
mod rows;
mod sorter;
mod spill;
#[cfg(test)]
mod tests;

pub use collector::{CollectOptions, PairCollector};
pub use partition_by::{PartitionBy, PartitionFn};
pub use reduce::{PairReduce, ReduceInputStats};
pub use reduce_task::ReduceTask;
pub use row::FoundRow;
pub use rows::{ReducedRows, RowSink, RowSinkOptions, each_row};
