//! Keys with any values: sorted by key, grouped, reduced.

mod collector;
mod reduce;
mod rows;

pub use collector::{CollectOptions, PairCollector, PartitionBy};
pub use reduce::{PairReduce, PairReduced};
pub use rows::{FoundRow, RowSink, RowSinkOptions, RowsOut, each_row};
