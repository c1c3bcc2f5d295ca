//! Benchmarks of pairs.

mod line_sort;

pub(crate) use line_sort::{collecting, merging, rows};
