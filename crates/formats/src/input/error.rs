//! Errors of input discovery and planning.

use std::io;
use std::path::{Path, PathBuf};

use mapreduce_core::{Compression, JobError};

use crate::decompression_error::DecompressionError;

/// Error of the input that the master finds before any task starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// An input does not exist.
    #[error("{path}: no such file or folder; set job.input, or name the input on the command line", path = .path.display())]
    Missing {
        /// Path of the input.
        path: PathBuf,
    },
    /// A folder contains no file to read.
    #[error("{path}: the folder contains no input files (hidden files, files that start with _ and subfolders are skipped); name a folder with files, or set --recursive to read its subfolders", path = .path.display())]
    Empty {
        /// Path of the folder.
        path: PathBuf,
    },
    /// No file matches a pattern.
    #[error(
        "{path:?}: no file matches this pattern, and no file has this name; check the pattern (names that start with . or _ match only if the pattern starts with the same character)"
    )]
    NoMatch {
        /// The pattern.
        path: PathBuf,
    },
    /// A pattern is invalid.
    #[error(
        "{path:?}: invalid pattern: {what}; correct it, or write [*] for a special character such as *"
    )]
    Pattern {
        /// The pattern.
        path: PathBuf,
        /// Problem.
        what: String,
    },
    /// An input is a stream, which only one process can read.
    #[error(
        "{path:?}: standard input and pipes can only be read by `mapreduce run`; write the data to a file that the master and all workers can read"
    )]
    Stream {
        /// Path of the input.
        path: PathBuf,
    },
    /// The list of inputs is empty.
    #[error("job.input is empty; name at least one file or folder")]
    Nothing,
    /// The list of inputs is too long for a plan.
    #[error(
        "job.input names more than 65536 files and folders; name folders instead of their files"
    )]
    TooMany,
    /// A file or folder cannot be read.
    #[error("{path}: cannot be read: {source}; give the user that runs this program read access", path = .path.display())]
    Unreadable {
        /// Path of the file or folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// An input is neither a file nor a folder, but for example a pipe or a device.
    #[error("{path}: neither a file nor a folder; name a regular file or a folder", path = .path.display())]
    Special {
        /// Path of the input.
        path: PathBuf,
    },
    /// The name of a file is not UTF-8, so a plan cannot contain it.
    #[error("{path}: the name is not valid UTF-8; rename the file", path = .path.display())]
    Name {
        /// Path of the file.
        path: PathBuf,
    },
    /// The extension of a file is that of an archive or an unsupported compression.
    #[error("{path}: unsupported archive or compression (supported: .gz, .zst, .bz2 and .xz); decompress it first", path = .path.display())]
    Compressed {
        /// Path of the file.
        path: PathBuf,
    },
    /// The name of a file has the extension of a compression format, but its first bytes do not match.
    #[error(
        "{path:?}: not compressed with {compression}, as its name says; remove that ending from its name"
    )]
    NotCompressed {
        /// Path of the file.
        path: PathBuf,
        /// Compression by the name of the file.
        compression: Compression,
    },
    /// The first bytes of a file, or of its decompressed content, are those of an unsupported kind of file.
    #[error("{path:?}: {container}the content is {what}, which cannot be read; {advice}")]
    Unsupported {
        /// Path of the file.
        path: PathBuf,
        /// Empty, or the compression around the content as the start of the sentence.
        container: String,
        /// Kind of the content, with its article.
        what: &'static str,
        /// Next step.
        advice: &'static str,
    },
    /// The parameters of the job do not fit the columns of the input.
    #[error("job {job}: {error} (`mapreduce jobs {job}` lists its parameters)")]
    Binding {
        /// The job.
        job: String,
        /// Problem and next step.
        error: JobError,
    },
    /// A Parquet file is compressed as a whole, so its footer cannot be read first.
    #[error("{path}: a Parquet file that is compressed as a whole cannot be read; decompress it first", path = .path.display())]
    CompressedParquet {
        /// Path of the file.
        path: PathBuf,
    },
    /// A Parquet file cannot be read.
    #[error("{path}: {what}", path = .path.display())]
    Parquet {
        /// Path of the file.
        path: PathBuf,
        /// Problem and next step, to follow the name of the file.
        what: String,
    },
    /// The job reads columns, but the format of a file has no columns.
    #[error("{path}: the job {job} reads columns, but {what}", path = .path.display())]
    NoColumns {
        /// Path of the file.
        path: PathBuf,
        /// Name of the job.
        job: String,
        /// Problem and next step.
        what: String,
    },
    /// A compressed file cannot be decompressed.
    #[error("{path}: {error}", path = .path.display())]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Problem and next step.
        error: DecompressionError,
    },
    /// A file is a table, but no column is selected.
    #[error("{path}: no column selected in this {what} file; name the column to read with input.column or --column (its columns: {columns}){hint}", path = .path.display())]
    ColumnNeeded {
        /// Path of the file.
        path: PathBuf,
        /// Name of the format, such as CSV.
        what: &'static str,
        /// Names of the existing columns.
        columns: String,
        /// Empty, or the delimiter that the header seems to use and the next step.
        hint: String,
    },
    /// A table lacks a selected column.
    #[error("{path}: missing column {column:?} (selected by {asked_by}); its columns: {columns}{hint}", path = .path.display())]
    NoColumn {
        /// Path of the file.
        path: PathBuf,
        /// Name of the selected column.
        column: String,
        /// Origin of the selection: a setting or the job.
        asked_by: String,
        /// Names of the existing columns.
        columns: String,
        /// Empty, or the delimiter that the header seems to use and the next step.
        hint: String,
    },
    /// The header of a table exceeds the length limit of records.
    #[error("{path}: line 1: the header is longer than {limit} bytes; check that the file is CSV and closes all quotes, or raise input.max_record", path = .path.display())]
    LongHeader {
        /// Path of the file.
        path: PathBuf,
        /// Length limit of records, in bytes.
        limit: u64,
    },
    /// The lines of a file end with CR alone.
    #[error("{path}: a carriage return (CR) without a line feed (LF) ends a line; convert the line ends, for example with: tr '\\r' '\\n'", path = .path.display())]
    LoneCr {
        /// Path of the file.
        path: PathBuf,
    },
    /// A JSON value continues over several lines.
    #[error("{path}: a JSON value continues on the next line, but NDJSON has one value a line; convert the file, for example with: jq -c . (of an array: jq -c '.[]')", path = .path.display())]
    IndentedJson {
        /// Path of the file.
        path: PathBuf,
    },
    /// A quoted cell is never closed.
    #[error("{path}: line {line}: a quoted cell starts here and never ends; close the quote, or set input.quote or input.escape if the table uses another notation", path = .path.display())]
    UnclosedQuote {
        /// Path of the file.
        path: PathBuf,
        /// Line of the opening quote, from 1.
        line: u64,
    },
}

impl InputError {
    /// Converts an error of the operating system or of [`Content`](super::Content) about `path`.
    pub fn unreadable(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        if source.kind() == io::ErrorKind::NotFound {
            return Self::Missing { path };
        }
        match DecompressionError::inside(source) {
            Ok(error) => Self::Damaged { path, error },
            Err(source) => Self::Unreadable { path, source },
        }
    }
}
