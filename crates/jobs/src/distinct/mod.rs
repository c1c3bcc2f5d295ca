//! The job `distinct`: counts, estimates or lists distinct values.

#[cfg(feature = "sketches")]
mod estimate;
mod exact;
mod job;
mod params;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use job::job;
