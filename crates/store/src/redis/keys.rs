//! The names of all keys. Nothing else in the project spells one.

use mapreduce::JobId;

use crate::BlobId;

/// Listed jobs: id, by the time of planning in ms.
pub(super) const JOBS: &str = "mr:jobs";
/// A capped stream that wakes workers without a job. Like [`JOBS`] it belongs to no job, so functions,
/// which may only touch the keys of one cluster slot, leave both alone.
pub(super) const ANNOUNCE: &str = "mr:announce";
/// There as long as any master is.
pub(super) const MASTER: &str = "mr:master";
/// There for an hour after a master has dismissed the workers.
pub(super) const DISMISSED: &str = "mr:dismissed";
/// How long [`DISMISSED`] lasts.
pub(super) const DISMISSED_SECONDS: u64 = 3600;
/// The consumer group of every task stream; `lua/mapreduce.lua` spells it too.
pub(super) const GROUP: &str = "workers";

/// A key of a job, in the order in which the function library takes them.
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

    /// The key's name; the braces put all keys of a job into one cluster slot.
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

/// The key that is there as long as a master watches over the job. Functions leave it alone.
pub(super) fn attendance(job: &JobId) -> String {
    format!("mr:{{{job}}}:master")
}

/// A chunk of a blob. No other blob has this key: a task is digits only, whatever the attempt is.
pub(super) fn blob(job: &JobId, BlobId { task, attempt }: &BlobId, chunk: u64) -> String {
    match chunk {
        0 => format!("mr:{{{job}}}:run:{task}:{attempt}"),
        _ => format!("mr:{{{job}}}:run:{task}.{chunk}:{attempt}"),
    }
}

/// The keys of `job`, in the order of the library: for simulations.
#[doc(hidden)]
pub fn job_keys(job: &JobId) -> Vec<String> {
    JobKey::ALL.map(|key| key.of(job)).to_vec()
}

#[cfg(test)]
mod tests {
    use mapreduce::TaskIndex;

    use super::*;

    #[test]
    fn keys_of_a_job_share_one_slot_and_differ() {
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
    fn no_two_chunks_of_blobs_share_a_key() {
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
