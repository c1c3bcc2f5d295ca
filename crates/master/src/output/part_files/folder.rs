//! The locked output folder, and the hidden folder next to it.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use mapreduce_core::OutputFormat;
use mapreduce_formats::output::part_file_names;
use store::JobRef;
use tracing::warn;

use crate::output::error::OutputError;
use crate::output::lock::OutputLock;

/// Output folder that only this master writes.
#[derive(Debug)]
pub(in crate::output) struct PartFilesFolder {
    pub(super) path: PathBuf,
    /// Hidden folder for everything that is not published.
    pub(super) work: PathBuf,
    pub(super) format: OutputFormat,
    /// True if unpublished part files are kept for the next master.
    resumable: bool,
    pub(super) lock: OutputLock,
}

impl PartFilesFolder {
    /// Takes the lock, undoes the unfinished publication of a killed master, and creates the hidden folder. Most errors
    /// therefore occur before the job starts. If `resumable`, the part files of an unfinished job are kept for the next
    /// master.
    pub(in crate::output) fn prepare(
        path: &Path,
        format: OutputFormat,
        resumable: bool,
    ) -> Result<Self, OutputError> {
        let not_a_folder = || OutputError::NotAFolder {
            path: path.to_path_buf(),
        };
        // The path must not end with a slash, because a rename to such a path needs an existing folder.
        let path = path.with_file_name(path.file_name().ok_or_else(not_a_folder)?);
        // A symbolic link is refused: the link would be replaced, and the folder behind it would stay.
        if fs::symlink_metadata(&path).is_ok_and(|existing| !existing.is_dir()) {
            return Err(OutputError::NotAFolder { path });
        }
        let folder = Self {
            work: part_file_names::work_folder(&path),
            lock: OutputLock::take(&path)?,
            path,
            format,
            resumable,
        };
        folder.restore_replaced()?;
        folder.check_replaceable()?;
        fs::create_dir_all(&folder.work).map_err(|source| folder.error(source))?;
        Ok(folder)
    }

    /// Creates the folder for the attempts of `job`, and removes the leftovers of other jobs. Can be repeated.
    pub(in crate::output) fn begin(&self, job: &JobRef) -> Result<(), OutputError> {
        let attempts = self.attempts(job);
        let begun = self.clear_except(&[&attempts, &self.done(job)]);
        let begun = begun.and_then(|()| fs::create_dir_all(&attempts));
        begun.map_err(|source| self.error(source))
    }

    /// Removes everything except the output and an older one. Call it only if no later master will resume the job.
    pub(in crate::output) fn discard(&self) {
        // A worker that does not know yet that the job is over may add a file meanwhile, so one retry is worthwhile.
        let cleared = self.clear_except(&[]).or_else(|_| self.clear_except(&[]));
        if let Err(error) = cleared {
            warn!(
                folder = %self.work.display(), %error,
                "cannot remove part files; the next master of this output will remove them"
            );
        }
        // A folder that is not empty is kept, so that the user can look at its content.
        drop(fs::remove_dir(&self.work));
    }

    /// Removes everything in the hidden folder except `keep` and an older output.
    fn clear_except(&self, keep: &[&Path]) -> io::Result<()> {
        let replaced = part_file_names::replaced_folder(&self.work);
        for_each_entry(&self.work, |entry| {
            let path = entry.path();
            match path == replaced || keep.contains(&path.as_path()) {
                true => Ok(()),
                false => remove(&entry),
            }
        })
    }

    pub(super) fn attempts(&self, job: &JobRef) -> PathBuf {
        part_file_names::attempts_folder(&self.work, &job.id, job.plan)
    }

    pub(super) fn done(&self, job: &JobRef) -> PathBuf {
        part_file_names::done_folder(&self.work, &job.id, job.plan)
    }

    /// Adds the path of the output to an error of the operating system.
    pub(super) fn error(&self, source: io::Error) -> OutputError {
        OutputError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

impl Drop for PartFilesFolder {
    /// Removes what no later master needs. The lock is still held.
    fn drop(&mut self) {
        if self.resumable {
            // The removal fails if the folder is not empty. Then it belongs to a job whose workers may continue without
            // a master.
            return drop(fs::remove_dir(&self.work));
        }
        self.discard();
    }
}

/// Calls `act` with each entry of a folder. A missing folder counts as empty.
pub(super) fn for_each_entry(
    folder: &Path,
    mut act: impl FnMut(DirEntry) -> io::Result<()>,
) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        act(entry?)?;
    }
    Ok(())
}

fn remove(entry: &DirEntry) -> io::Result<()> {
    match entry.file_type()?.is_dir() {
        true => fs::remove_dir_all(entry.path()),
        false => fs::remove_file(entry.path()),
    }
}
