//! The job `group-by`: aggregates columns by key.

mod job;
mod partial;
#[cfg(test)]
mod tests;
mod wanted;

pub(crate) use job::job;
