//! The part `jobs`: the cost of the job interface, and the speed of the built-in jobs.

mod commands;
mod contest;
mod contests;
mod gnu;
mod grep;
mod lines;
mod setup;
mod sort;
mod word_count;

pub(crate) use contests::run;
