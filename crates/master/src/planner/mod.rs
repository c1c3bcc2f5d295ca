//! The planner turns input files into the plan of a job.
//!
//! It reads as little as possible:
//! - of a table, the header, and then the whole file once, because the end of a record depends on every quote before
//!   it;
//! - of text, only the bytes around the split boundaries, unless the job needs line numbers;
//! - of compressed files, only the header;
//! - of Parquet, only the footer.
//!
//! The plan depends on the files and the settings alone, never on the machine, the time or the number of workers. A
//! restarted master therefore finds the unfinished job by the hash of its plan.
//!
//! # Layout
//! - `request`: the inputs of a job, and how to split and read them. `plan`: the steps from the request to the plan.
//! - `file_layout`, `columns`, `header`, `content`: how one file is read. `dialect`, `table_hints`: delimiters, quotes
//!   and escapes, as requested and as detected.
//! - `split_file`: the splits of one file.
//! - `sample`: runs of the job on a sample, which predict sizes and cut key ranges. `shuffle_estimate`: the prediction.
//! - `blocking`: the threads that planning may block.

mod blocking;
mod columns;
mod content;
mod dialect;
mod file_layout;
mod file_start;
mod header;
mod plan;
mod request;
mod sample;
mod shuffle_estimate;
mod split_file;
mod table_hints;
#[cfg(test)]
mod tests;

pub use plan::plan;
pub use request::Request;
pub(crate) use request::output_format;
pub(crate) use sample::estimate_storage;
