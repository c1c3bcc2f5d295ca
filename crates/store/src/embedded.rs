//! The store of one process.

/// The in-process twin of the Redis store.
#[derive(Debug, Clone, Default)]
pub struct EmbeddedStore {}
