//! Transitional facade.
pub use mapreduce_core::*;
pub use mapreduce_core::{counters, ids, key, pairs, plan};
pub use mapreduce_formats::input::{FoundFile, InputError};
pub use mapreduce_formats::{input, output, reader, split, tokenizer};
pub use mapreduce_job::map::{MapAttempt, MapError, Mapped};
pub use mapreduce_job::{Registry, map};
/// Runs and their merge.
pub mod shuffle {
    pub use mapreduce_shuffle::*;
    pub use mapreduce_shuffle::{CountCollector as Combiner, CountReduce as ReduceTask, CountRows as Rows};
}
#[cfg(feature = "fuzzing")]
pub use mapreduce_jobs::fuzzing;
pub use mapreduce_shuffle::table::CountTable;
/// The job interface.
pub mod job {
    pub use mapreduce_core::{
        Columns, JobError, Order, Param, Params, Partitioning, Reduction, Shape, ShippedFile,
        ValueKind,
    };
    pub use mapreduce_job::*;
    pub use mapreduce_shuffle::{CombineTask, RawValues, ReduceTask};
}
