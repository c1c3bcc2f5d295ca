//! The jobs that come along, each a file.

mod word_count;

use crate::job::Registry;

/// Adds all of them.
pub(crate) fn add_all(registry: &mut Registry) {
    registry.add(word_count::job());
}
