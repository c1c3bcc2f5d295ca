//! Range reads of local files, on threads that may block.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::blocking::run_blocking;
use bytes::Bytes;
use tokio::task::JoinError;

use crate::error::{StoreError, StoreResult};

/// Runs `work` on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> StoreResult<T> + Send + 'static,
) -> StoreResult<T> {
    match run_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => resume(error),
    }
}

/// Resumes a panic of the work. Without a panic, the runtime is shutting down.
fn resume<T>(error: JoinError) -> StoreResult<T> {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(StoreError::Unavailable {
            detail: "the program is shutting down".to_owned(),
        }),
    }
}

/// Opens a file. Returns `None` if it does not exist.
pub(crate) fn open(path: &Path) -> StoreResult<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error("read", path, &error)),
    }
}

/// Reads a range. Returns `None` if the file is too short.
pub(crate) fn read_range(
    file: &File,
    path: &Path,
    range: Range<u64>,
) -> StoreResult<Option<Bytes>> {
    let read = || -> io::Result<Option<Bytes>> {
        // Checked before memory is allocated, because the range may come from a wrong manifest.
        if file.metadata()?.len() < range.end {
            return Ok(None);
        }
        let len =
            usize::try_from(range.end.saturating_sub(range.start)).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        match file.read_exact_at(&mut bytes, range.start) {
            Ok(()) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    };
    read().map_err(|error| file_error("read", path, &error))
}

/// Converts an error of a file, by what the caller can do about it.
pub(crate) fn file_error(verb: &str, path: &Path, error: &io::Error) -> StoreError {
    let detail = format!("cannot {verb} {}: {error}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidData => StoreError::Fatal { detail },
        _ => StoreError::Unavailable { detail },
    }
}

/// Opens the file of a blob that is to be stored.
pub(crate) fn open_source(path: &Path) -> StoreResult<File> {
    open(path)?.ok_or_else(|| StoreError::Fatal {
        detail: format!(
            "cannot store the blob {}: the file no longer exists",
            path.display()
        ),
    })
}
