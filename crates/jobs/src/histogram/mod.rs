//! The job `histogram`: counts numbers by bucket.

mod buckets;
mod job;

pub(crate) use job::job;
