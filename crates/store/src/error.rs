//! Errors of a store, sorted by what the caller can do about them.

/// Result of every store method.
pub type StoreResult<T> = Result<T, StoreError>;

/// Failure of a store method.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store is unreachable or refuses commands for a while, for example while it loads its data. Reconnect and
    /// retry until a deadline.
    #[error("{detail}")]
    Unavailable {
        /// Cause and next step.
        detail: String,
    },
    /// The store is out of memory and did not execute the call. Retry until a deadline, and meanwhile remove data that
    /// can be removed.
    #[error("{detail}")]
    Full {
        /// Cause and next step.
        detail: String,
    },
    /// The function library, the consumer group or a key of the job is missing. Reconnect, then plan and repair.
    #[error("the store lost {what}")]
    Lost {
        /// The missing item.
        what: String,
    },
    /// The job changed during the call. Read again.
    #[error("the job changed while it was read: {detail}")]
    Changed {
        /// The mismatch.
        detail: String,
    },
    /// A permanent failure: wrong password, missing permission, a server that is too old or may evict keys, or a key
    /// of a wrong type.
    #[error("{detail}")]
    Fatal {
        /// Cause and next step.
        detail: String,
    },
}

impl StoreError {
    /// Returns whether a retry can succeed.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Fatal { .. })
    }
}
