//! Parquet files: columns, row groups and the footer that describes them.

mod file;
#[cfg(feature = "parquet")]
pub(crate) mod footer;
#[cfg(not(feature = "parquet"))]
mod missing;

pub use file::{ParquetColumn, ParquetFile, ParquetGroup};
#[cfg(not(feature = "parquet"))]
pub(crate) use missing::NO_PARQUET;
