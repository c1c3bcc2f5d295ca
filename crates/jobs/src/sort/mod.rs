//! The job `sort`: sorts lines.

mod job;
mod key;
mod order;
mod params;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use job::job;
