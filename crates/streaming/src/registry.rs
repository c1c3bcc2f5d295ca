//! The registry of all built-in jobs.

use mapreduce_job::Registry;

use crate::job;

/// Returns all built-in jobs: those of [`mapreduce_jobs::registry`], and the job `streaming`.
pub fn registry() -> Registry {
    let mut registry = mapreduce_jobs::registry();
    registry.add(job::job());
    registry
}
