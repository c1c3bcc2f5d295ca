//! Keys with any values: sorted by key, grouped, reduced.
//!
//! ```text
//! pairs -> PairCollector -> run -> PairReduce -> ReduceTask -> RowSink -> part -> each_row
//! ```
//! # Layout
//! - `collector`: the map side; `partition`: where keys go; `sorter`: pairs in memory; `gather`: from there to a run.
//! - `spill`: pairs in local files. `merge`: sorted sections in one order. `group`: equal keys for the job's code.
//! - `reduce`: the reduce side. `rows`: what it makes; `row`: a row as a pair.

mod collector;
mod gather;
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
pub use reduce::{PairReduce, PairReduced};
pub use reduce_task::ReduceTask;
pub use row::FoundRow;
pub use rows::{RowSink, RowSinkOptions, RowsOut, each_row};
