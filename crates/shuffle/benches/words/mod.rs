//! Input text of the benchmarks.

mod random_text;

pub(crate) use random_text::records;
