//! The registry of the built-in jobs.

use mapreduce_job::Registry;

use crate::{
    distinct, group_by, histogram, inverted_index, join, line_count, sort, top, word_count,
};

/// Returns a registry of the built-in jobs.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.add(word_count::job());
    registry.add(distinct::job());
    registry.add(group_by::job());
    registry.add(histogram::job());
    registry.add(inverted_index::job());
    registry.add(line_count::job());
    #[cfg(feature = "grep")]
    registry.add(crate::grep::job());
    registry.add(join::job());
    registry.add(sort::job());
    registry.add(top::job());
    registry
}
