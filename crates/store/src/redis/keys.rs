//! Names of all keys. No other module builds one.

use mapreduce_core::JobId;

use crate::types::BlobId;

/// Sorted set of the listed jobs: ids with the time of planning in ms as score.
pub(super) const JOBS: &str = "mr:jobs";
/// Capped stream that wakes workers without a job. Like [`JOBS`] it belongs to no job. Functions do not use either,
/// since they may only touch the keys of one cluster slot.
pub(super) const ANNOUNCE: &str = "mr:announce";
/// Key that exists while any master is present.
pub(super) const MASTER: &str = "mr:master";
/// Key that exists for an hour after a master has dismissed the workers.
pub(super) const DISMISSED: &str = "mr:dismissed";
/// Lifetime of [`DISMISSED`] in seconds.
pub(super) const DISMISSED_SECONDS: u64 = 3600;
/// Consumer group of every task stream. `lua/mapreduce.lua` contains it too.
pub(super) const GROUP: &str = "workers";

/// A key of a job. The order is that of the function library's KEYS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobKey {
    Meta,
    Tasks,
    Done,
    Failed,
    Dead,
    Counters,
    Counts,
    Workers,
    Events,
    Parts,
    Held,
}

impl JobKey {
    pub(super) const ALL: [Self; 11] = [
        Self::Meta,
        Self::Tasks,
        Self::Done,
        Self::Failed,
        Self::Dead,
        Self::Counters,
        Self::Counts,
        Self::Workers,
        Self::Events,
        Self::Parts,
        Self::Held,
    ];

    /// Returns the name of the key. The braces put all keys of a job into one cluster slot.
    pub(super) fn of(self, job: &JobId) -> String {
        let suffix = match self {
            Self::Meta => "meta",
            Self::Tasks => "tasks",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Counters => "counters",
            Self::Counts => "counts",
            Self::Workers => "workers",
            Self::Events => "events",
            Self::Parts => "parts",
            Self::Held => "held",
        };
        format!("mr:{{{job}}}:{suffix}")
    }
}

/// Returns the key that exists while a master watches the job. Functions do not use it.
pub(super) fn presence(job: &JobId) -> String {
    format!("mr:{{{job}}}:master")
}

/// Returns the key of a chunk of a blob. It is unique for any attempt, because a task has only digits.
pub(super) fn blob(job: &JobId, BlobId { task, attempt }: &BlobId, chunk: u64) -> String {
    match chunk {
        0 => format!("mr:{{{job}}}:run:{task}:{attempt}"),
        _ => format!("mr:{{{job}}}:run:{task}.{chunk}:{attempt}"),
    }
}

/// Returns the keys of `job`, in the order of the function library. For simulations.
#[doc(hidden)]
pub fn job_keys(job: &JobId) -> Vec<String> {
    JobKey::ALL.map(|key| key.of(job)).to_vec()
}

#[cfg(test)]
mod tests {
    use mapreduce_core::TaskIndex;

    use super::*;

    #[test]
    fn keys_of_a_job_are_distinct_and_share_one_slot() {
        let job = JobId::new("word-count-1").unwrap();
        let mut names = JobKey::ALL.map(|key| key.of(&job)).to_vec();
        assert_eq!(names[0], "mr:{word-count-1}:meta");
        assert!(
            names
                .iter()
                .all(|name| name.starts_with("mr:{word-count-1}:"))
        );
        names.sort();
        names.dedup();
        assert_eq!(names.len(), JobKey::ALL.len());
    }

    #[test]
    fn chunks_of_blobs_have_distinct_keys() {
        let job = JobId::new("j").unwrap();
        let mut names = Vec::new();
        for (task, attempt) in [(1, "1:a"), (1, "a"), (1, "a:1"), (11, "a"), (1, "")] {
            let (task, attempt) = (TaskIndex(task), attempt.to_owned());
            let id = BlobId { task, attempt };
            names.extend((0..12).map(|chunk| blob(&job, &id, chunk)));
        }
        assert_eq!(names[..2], ["mr:{j}:run:1:1:a", "mr:{j}:run:1.1:1:a"]);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 5 * 12);
    }
}
