//! Verdicts on results.

/// Verdict on the result of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The result equals that of the embedded run.
    #[default]
    Exact,
    /// The result contains less than it should.
    Lost(String),
    /// The result contains more than it should.
    Duplicated(String),
    /// The result is wrong in another way.
    Wrong(String),
    /// A process did not end in time.
    Hung(String),
    /// A program failed and no fault excuses it, or a program panicked.
    Failed(String),
}

impl Verdict {
    /// Name under which the verdict is counted.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Lost(_) => "lost",
            Self::Duplicated(_) => "duplicated",
            Self::Wrong(_) => "wrong",
            Self::Hung(_) => "hung",
            Self::Failed(_) => "failed",
        }
    }
}
