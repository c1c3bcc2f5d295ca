//! The job `distinct`: counts, estimates or lists distinct values.

mod exact;
mod job;
mod params;
#[cfg(feature = "sketches")]
mod sketch;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use job::job;
