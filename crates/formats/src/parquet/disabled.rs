//! Error message of programs that are built without Parquet support.

/// Error for a Parquet file in a program that is built without the feature `parquet`.
pub(crate) const PARQUET_DISABLED: &str = "is a Parquet file, but this program was built without Parquet support; build it with --features parquet";
