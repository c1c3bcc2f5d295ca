//! The output as a folder of part files, which reduce tasks write, and of a marker that the folder is complete.
//!
//! ```text
//! workers            job-J/part-00000.A  job-J/part-00000.B  job-J/part-00001.C
//!   | gather         done-J/part-00000.json, part-00001.json, _SUCCESS
//!   v publish        output -> replaced, done-J -> output, replaced and job-J removed
//! output/part-00000.json, part-00001.json, _SUCCESS
//! ```
//! Everything except the output lies in one hidden folder next to it, see
//! [`mapreduce_formats::output::part_file_names`]. Workers write only in `job-J`, so a late attempt cannot get into the
//! result. A master may be killed between any two steps. The next master finds each file under its old name or its new
//! one.

mod folder;
mod gather;
mod replace;
#[cfg(test)]
mod tests;

pub(super) use folder::PartFilesFolder;
