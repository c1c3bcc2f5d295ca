//! The job `join`: joins the records of two inputs.

mod columns;
mod job;
mod left_records;
mod mapper;
mod params;
mod plan;
mod reducer;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use job::job;
