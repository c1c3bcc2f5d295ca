//! The job `group-by`: aggregates columns by key.

mod aggregate;
mod columns;
mod job;
mod params;
mod rejected;
#[cfg(test)]
mod tests;

pub(crate) use job::job;
