//! Removing what is left of jobs in a shared folder.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::file::file_error;
use super::folder::UNFINISHED;
use crate::StoreResult;

/// Removes the blobs of all jobs in `folder` in which the newest is older than `lasting`. Whatever is
/// not named like ours stays, and so does the folder that it is in.
pub(super) fn remove_expired(folder: &Path, lasting: Duration) -> StoreResult<()> {
    let Some(oldest) = SystemTime::now().checked_sub(lasting) else {
        return Ok(());
    };
    let look = || -> io::Result<Vec<fs::DirEntry>> {
        match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            entries => entries?.collect(),
        }
    };
    let jobs = look().map_err(|error| file_error("look into", folder, &error))?;
    for job in jobs {
        let path = job.path();
        if !starts_with(&job.file_name(), "mr-") || !path.is_dir() {
            continue;
        }
        // Another worker may be removing the same.
        match newest(&path) {
            Ok(newest) if newest < oldest => remove_job(&path)?,
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(file_error("look into", &path, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// When anything in the folder was last written, kept, or moved there.
fn newest(folder: &Path) -> io::Result<SystemTime> {
    let mut newest = fs::metadata(folder)?.modified()?;
    for entry in fs::read_dir(folder)? {
        newest = newest.max(entry?.metadata()?.modified()?);
    }
    Ok(newest)
}

fn remove_job(folder: &Path) -> StoreResult<()> {
    let failed = |error: io::Error| file_error("look into", folder, &error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if starts_with(&name, "run-") || starts_with(&name, UNFINISHED) {
            remove_file(&entry.path())?;
        }
    }
    remove_if_empty(folder)
}

fn starts_with(name: &OsStr, start: &str) -> bool {
    name.as_encoded_bytes().starts_with(start.as_bytes())
}

/// Removes a file, if it is there.
pub(super) fn remove_file(path: &Path) -> StoreResult<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(file_error("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Removes a folder, if it is there and empty.
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
