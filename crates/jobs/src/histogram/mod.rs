//! The job `histogram`: counts numbers by bucket.

mod buckets;
mod decimal;
mod job;
mod params;
#[cfg(test)]
mod tests;

pub(crate) use job::job;
