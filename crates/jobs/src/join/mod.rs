//! The job `join`: joins two inputs on a key column.

mod job;
mod record;
#[cfg(test)]
mod tests;

pub(crate) use job::job;
