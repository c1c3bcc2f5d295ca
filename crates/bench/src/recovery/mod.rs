//! The part `recovery`: the time until work resumes after a death, and the cost of a death for a job.
//!
//! Every task pauses (`worker.slow`), so the cores of the machine are not the limit. Otherwise ten workers on two cores
//! would gain from the death of one.

mod killable_cluster;
mod measurements;

pub(crate) use measurements::run;
