//! The job `join`: joins two inputs on a key column.

mod job;
mod params;
mod record;
mod reducer;
#[cfg(test)]
mod tests;

pub(crate) use job::job;
