//! Structure of Parquet files: footer, columns and row groups.

#[cfg(not(feature = "parquet"))]
mod disabled;
mod file;
#[cfg(feature = "parquet")]
pub(crate) mod footer;

#[cfg(not(feature = "parquet"))]
pub(crate) use disabled::PARQUET_DISABLED;
pub use file::{ParquetColumn, ParquetFile, ParquetGroup};
