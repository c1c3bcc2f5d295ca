//! Runs of a job on a sample of its input, through the reader, the mapper and the combiner of the workers.
//!
//! # Layout
//! - `excerpts`: the sample, taken from splits all over the input.
//! - `trial`: the run of the job on it.
//! - `storage`: the estimate of the space that the job needs.
//! - `key_ranges`: the bounds of partitions for jobs that sort.

mod excerpts;
mod key_ranges;
mod storage;
#[cfg(test)]
mod tests;
mod trial;

pub(super) use key_ranges::partition_bounds;
pub(crate) use storage::estimate_storage;
