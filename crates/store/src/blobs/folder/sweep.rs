//! Removal of expired blobs from a shared folder.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::names::{BLOB_PREFIX, JOB_PREFIX, TEMPORARY_PREFIX};
use crate::blobs::local_file::file_error;
use crate::error::StoreResult;

/// Removes the blobs of each job in `folder` whose newest blob is older than `lasting`.
///
/// Files with other names stay, and so does the folder that they are in.
pub(super) fn remove_expired(folder: &Path, lasting: Duration) -> StoreResult<()> {
    let Some(oldest) = SystemTime::now().checked_sub(lasting) else {
        return Ok(());
    };
    let list = || -> io::Result<Vec<fs::DirEntry>> {
        match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            entries => entries?.collect(),
        }
    };
    let jobs = list().map_err(|error| file_error("list", folder, &error))?;
    for job in jobs {
        let path = job.path();
        if !starts_with(&job.file_name(), JOB_PREFIX) || !path.is_dir() {
            continue;
        }
        // Another worker may remove the same folder at the same time.
        match newest(&path) {
            Ok(newest) if newest < oldest => remove_job(&path)?,
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(file_error("list", &path, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns the latest modification time of the folder and of the files in it.
fn newest(folder: &Path) -> io::Result<SystemTime> {
    let mut newest = fs::metadata(folder)?.modified()?;
    for entry in fs::read_dir(folder)? {
        newest = newest.max(entry?.metadata()?.modified()?);
    }
    Ok(newest)
}

fn remove_job(folder: &Path) -> StoreResult<()> {
    let failed = |error: io::Error| file_error("list", folder, &error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if starts_with(&name, BLOB_PREFIX) || starts_with(&name, TEMPORARY_PREFIX) {
            remove_file(&entry.path())?;
        }
    }
    remove_if_empty(folder)
}

fn starts_with(name: &OsStr, prefix: &str) -> bool {
    name.as_encoded_bytes().starts_with(prefix.as_bytes())
}

/// Removes a file if it exists.
pub(super) fn remove_file(path: &Path) -> StoreResult<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(file_error("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Removes a folder if it exists and is empty.
pub(super) fn remove_if_empty(folder: &Path) -> StoreResult<()> {
    match fs::remove_dir(folder) {
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty
            ) =>
        {
            Err(file_error("remove", folder, &error))
        }
        _ => Ok(()),
    }
}
