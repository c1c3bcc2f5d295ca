//! Identifiers. Each has its own type, so that the compiler rejects a task index in place of a count.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A job's name in keys, logs and files: 1 to 100 characters of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

/// Error for a text that is not a valid [`JobId`].
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is not a job id: use 1 to 100 characters of A-Z a-z 0-9 . _ -")]
pub struct InvalidJobId {
    text: String,
}

impl JobId {
    /// Validates `text`. The allowed characters are safe in Redis keys, file names and shell commands.
    ///
    /// # Errors
    /// The text is empty, longer than 100 characters, or has a character that is not allowed.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidJobId> {
        let text = text.into();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() || text.len() > 100 || !text.chars().all(allowed) {
            return Err(InvalidJobId { text });
        }
        Ok(Self(text))
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;
    fn try_from(text: String) -> Result<Self, InvalidJobId> {
        Self::new(text)
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

/// Index of a task in its plan, from 0.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct TaskIndex(pub u32);

impl fmt::Display for TaskIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identity of a plan: the XXH3-128 hash of the job specification and all tasks.
///
/// The store accepts a commit only for the plan of the attempt. This protects against mistakes such as changed input,
/// changed settings or a reused job id. It does not protect against an attacker.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanHash(pub u128);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for PlanHash {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

/// Name of one worker process. A restarted worker gets a new name, so it never owns the leases of a dead process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerName(String);

impl WorkerName {
    /// Wraps any text. The caller must make it unique for each process start.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_id_is_safe_in_keys_and_file_names() {
        for good in ["word-count-1", "a", "A.b_c-9", &"x".repeat(100)] {
            assert!(JobId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a}b", "a/b", "é", &"x".repeat(101)] {
            assert!(JobId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_printed_plan_hash_parses_back() {
        let hash = PlanHash(0x0123_4567_89ab_cdef_0000_0000_0000_0001);
        assert_eq!(hash.to_string().parse::<PlanHash>().unwrap(), hash);
        assert_eq!(PlanHash(1).to_string().len(), 32);
    }
}
