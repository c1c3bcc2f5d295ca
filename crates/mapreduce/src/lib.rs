//! Transitional facade.
pub use mapreduce_core::*;
pub use mapreduce_core::{counters, ids, key, pairs, plan};
pub use mapreduce_formats::input::{FoundFile, InputError};
pub use mapreduce_formats::reader;
pub mod input {
    pub use mapreduce_core::{Column, Compression, FileFormat, Format};
    pub use mapreduce_formats::input::*;
    pub use mapreduce_formats::parquet::*;
}
pub mod output {
    pub use mapreduce_core::OutputFormat;
    pub use mapreduce_formats::output::*;
}
pub mod split {
    pub use mapreduce_core::MOST_REDUCES;
    pub use mapreduce_formats::split::*;
}
pub mod tokenizer {
    pub use mapreduce_core::{Record, Tokenizer, Word};
    pub use mapreduce_formats::tokenizer::*;
}
pub use mapreduce_job::map::{MapAttempt, MapError, Mapped};
pub use mapreduce_job::{Registry, map};
/// Runs and their merge.
pub mod shuffle {
    pub use mapreduce_shuffle::*;
    pub use mapreduce_shuffle::{
        CountCollector as Combiner, CountReduce as ReduceTask, CountRows as Rows,
    };
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
