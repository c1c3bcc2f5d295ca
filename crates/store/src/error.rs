//! Errors, by what the caller does about them.

/// What went wrong in a store.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached, or refuses for a while (loading, failing snapshots, read-only): connect again and
    /// retry until a deadline.
    #[error("{detail}")]
    Unavailable {
        /// What was seen, and what to do about it.
        detail: String,
    },
    /// The store has no memory left, and did nothing of what it was asked: retry until a deadline, and keep nothing in it
    /// meanwhile that is not needed.
    #[error("{detail}")]
    Full {
        /// What was seen, and what to do about it.
        detail: String,
    },
    /// The function library, the group or the job's keys are gone: connect again, then plan and repair.
    #[error("the store lost {what}")]
    Lost {
        /// What is missing.
        what: String,
    },
    /// What was read does not belong together; read again.
    #[error("the job changed while it was read: {detail}")]
    Changed {
        /// What did not match.
        detail: String,
    },
    /// No retry will mend it: wrong password, missing permission, a server that is too old or may evict
    /// keys, a key of a wrong type.
    #[error("{detail}")]
    Fatal {
        /// What was seen, and what to do about it.
        detail: String,
    },
}

impl StoreError {
    /// Whether trying again can help.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Fatal { .. })
    }
}
