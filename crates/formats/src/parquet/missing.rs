//! The message of a program that was built without Parquet.

/// What is wrong with a Parquet file in a program that was built without the feature `parquet`.
pub(crate) const NO_PARQUET: &str =
    "is Parquet, and this program was built without it; build it with --features parquet";
