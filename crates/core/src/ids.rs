//! Identifiers, one type each, so that a task index cannot be passed where a count is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A job's name in keys, logs and files: 1 to 100 characters of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

/// What is wrong with a text that was to become a [`JobId`].
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is not a job id: 1 to 100 characters of A-Z a-z 0-9 . _ - are allowed")]
pub struct BadJobId {
    text: String,
}

impl JobId {
    /// Checks `text`; the limits keep ids safe inside keys, file names and shell commands.
    pub fn new(text: impl Into<String>) -> Result<Self, BadJobId> {
        let text = text.into();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() || text.len() > 100 || !text.chars().all(allowed) {
            return Err(BadJobId { text });
        }
        Ok(Self(text))
    }

    /// The id as text.
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
    type Error = BadJobId;
    fn try_from(text: String) -> Result<Self, BadJobId> {
        Self::new(text)
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

/// A task's place in its plan, from 0.
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

/// Identity of a plan: 128 bits of xxh3 over the job's specification and all its tasks.
///
/// A commit is accepted only under the plan it was made for. It guards against mistakes (another
/// input, another setting, a reused job id), not against an attacker.
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

/// One incarnation of a worker process; never reused, so that leases of a dead one stay its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerName(String);

impl WorkerName {
    /// Takes any text; the caller makes it unique per process start.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The name as text.
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
    fn a_plan_hash_reads_back_what_it_prints() {
        let hash = PlanHash(0x0123_4567_89ab_cdef_0000_0000_0000_0001);
        assert_eq!(hash.to_string().parse::<PlanHash>().unwrap(), hash);
        assert_eq!(PlanHash(1).to_string().len(), 32);
    }
}
