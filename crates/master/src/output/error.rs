//! Errors of the output.

use std::io;
use std::path::PathBuf;

use mapreduce_core::JobError;
use store::StoreError;

use crate::core::LostPartition;

/// Reason why the output cannot be written. Every message about a file names its path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The operating system refused an operation.
    #[error("{path}: cannot be written (job.output): {source}; check the permissions and the free space of its folder", path = .path.display())]
    Io {
        /// The output.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The folder of the output is missing and cannot be created.
    #[error("{path}: cannot be written (job.output): cannot create its folder: {source}; create the folder, or choose another job.output", path = .path.display())]
    Folder {
        /// The output.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The path is a folder, or has no file name.
    #[error("{path}: not the path of a regular file; set job.output to the file to write", path = .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The suffix of the output promises another format or compression.
    #[error("{path:?}: results cannot be written as {suffix} files (job.output); {advice}")]
    Suffix {
        /// The output.
        path: PathBuf,
        /// Suffix with its dots.
        suffix: String,
        /// Next step.
        advice: &'static str,
    },
    /// Part files need a folder, but the path is something else, or has no name.
    #[error(
        "{path}: not the path of a folder; with output.parts=true, set job.output to the folder to write",
        path = .path.display()
    )]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder to replace is not an earlier result.
    #[error(
        "{path}: the folder is not replaced, because it contains {found}; empty it, or choose another job.output",
        path = .path.display()
    )]
    NotAResult {
        /// The output.
        path: PathBuf,
        /// Unexpected content of the folder.
        found: String,
    },
    /// Another master holds the lock of the output.
    #[error("{path}: another master is writing this output; wait for it, or choose another job.output", path = .path.display())]
    Busy {
        /// The output.
        path: PathBuf,
    },
    /// The result would replace input, or the next run would read it as input.
    #[error(
        "job.output: {output} would be read as input (job.input contains {input}); choose another folder",
        output = .output.display(), input = .input.display()
    )]
    OutputIsInput {
        /// The output.
        output: PathBuf,
        /// The file or folder that is read.
        input: PathBuf,
    },
    /// The folder to replace contains input.
    #[error(
        "job.output: the folder {output} would be replaced, but it contains the input {input}; choose another folder",
        output = .output.display(), input = .input.display()
    )]
    InputInOutput {
        /// The output.
        output: PathBuf,
        /// The input inside it.
        input: PathBuf,
    },
    /// Two settings exclude each other.
    #[error("{setting} cannot be combined with {other}: {advice}")]
    Incompatible {
        /// The first setting and its value.
        setting: String,
        /// The other setting and its value, or the job.
        other: String,
        /// Reason and next step.
        advice: &'static str,
    },
    /// Partition results are missing or damaged. Their reduce tasks must be rerun.
    #[error("the results of {} reduce tasks are missing or damaged; run the job again", .0.len())]
    PartitionsLost(Vec<LostPartition>),
    /// The store failed while partition results were read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A reducer failed on a job without input.
    #[error(transparent)]
    Job(JobError),
}
