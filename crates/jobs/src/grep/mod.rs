//! The job `grep`: finds or counts lines that match a pattern.

mod job;
mod params;
mod pattern;
mod table_task;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use job::job;
