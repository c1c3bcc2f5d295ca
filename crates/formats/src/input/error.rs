//! What is wrong with the input.

use std::io;
use std::path::{Path, PathBuf};

use super::Damage;

/// What is wrong with the input, found before any work starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// An input does not exist.
    #[error("{path}: no such file or folder; name the input with job.input or on the command line", path = .path.display())]
    Missing {
        /// The input.
        path: PathBuf,
    },
    /// A folder holds no file to read.
    #[error("{path}: the folder holds no files (hidden ones, those starting with _ and sub-folders are not read)", path = .path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// No input was named at all.
    #[error("job.input names no file or folder")]
    Nothing,
    /// Something cannot be read.
    #[error("{path}: cannot be read: {source}", path = .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Neither a file nor a folder.
    #[error("{path}: neither a file nor a folder; only those can be read", path = .path.display())]
    Special {
        /// What was named.
        path: PathBuf,
    },
    /// A name that cannot travel in a plan.
    #[error("{path}: the name is not valid UTF-8; rename the file", path = .path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// A kind of file that is known and cannot be read.
    #[error("{path}: is an archive, or compressed in a way that is not supported (.gz, .zst and .bz2 are); decompress it first", path = .path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
    },
    /// Parquet inside of another compression: it cannot be entered at its end.
    #[error("{path}: is Parquet, which is read from its end and compressed inside; decompress it first", path = .path.display())]
    CompressedParquet {
        /// The file.
        path: PathBuf,
    },
    /// Parquet that cannot be read.
    #[error("{path}: {what}", path = .path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
    /// A job that reads columns, and a file that has none.
    #[error("{path}: the job {job} reads columns, and {what}", path = .path.display())]
    NoColumns {
        /// The file.
        path: PathBuf,
        /// The job.
        job: String,
        /// What the file is, and what to do.
        what: String,
    },
    /// A compressed file that cannot be decompressed.
    #[error("{path}: {damage}", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// A table, but no column was named.
    #[error("{path}: is {what}; name the column to read with input.column or --column (it has: {columns})", path = .path.display())]
    ColumnNeeded {
        /// The file.
        path: PathBuf,
        /// What kind of table: CSV.
        what: &'static str,
        /// The columns there are.
        columns: String,
    },
    /// A table without the column.
    #[error("{path}: has no column {column:?} ({asked_by}); it has: {columns}", path = .path.display())]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        column: String,
        /// Who asks for it: the setting, or the job.
        asked_by: String,
        /// The columns there are.
        columns: String,
    },
    /// CSV whose header is longer than a record may be.
    #[error("{path}: line 1: the header is longer than {limit} bytes (input.max_record); is the file CSV, and are all quotes closed?", path = .path.display())]
    LongHeader {
        /// The file.
        path: PathBuf,
        /// The longest allowed, in bytes.
        limit: u64,
    },
    /// CSV with a quote that nothing closes.
    #[error("{path}: line {line}: a quoted cell starts here and never ends", path = .path.display())]
    UnclosedQuote {
        /// The file.
        path: PathBuf,
        /// Line of the opening quote, from 1.
        line: u64,
    },
}

impl InputError {
    /// Wraps what the system, or [`Content`](super::Content), said about `path`.
    pub fn unreadable(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        if source.kind() == io::ErrorKind::NotFound {
            return Self::Missing { path };
        }
        match source.downcast::<Damage>() {
            Ok(damage) => Self::Damaged { path, damage },
            Err(source) => Self::Unreadable { path, source },
        }
    }
}
