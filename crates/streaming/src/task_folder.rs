//! The folder in which the commands of an attempt run.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use mapreduce_core::JobError;
use tempfile::TempDir;

/// Folder of the commands of one attempt. Dropping it deletes the folder.
#[derive(Debug)]
pub(crate) struct TaskFolder {
    root: TempDir,
    /// Working directory of the commands, with links to the files of the job.
    work: PathBuf,
    /// Folder for temporary files of the commands.
    temporary: PathBuf,
}

impl TaskFolder {
    /// Creates the folder in `parent` (default: the system's folder for temporary files), with links to the `files`
    /// of the job.
    ///
    /// # Errors
    /// Fails if the file system does.
    pub(crate) fn create(parent: Option<&Path>, files: Option<&Path>) -> Result<Self, JobError> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        Self::create_in(&parent, files).map_err(|error| {
            JobError::new(format!(
                "cannot create a folder for a command in {}: {error}; set worker.temp_folder to a writable folder",
                parent.display()
            ))
        })
    }

    fn create_in(parent: &Path, files: Option<&Path>) -> io::Result<Self> {
        // Links and variables must be absolute, because the command has another working directory.
        let parent = std::path::absolute(parent)?;
        let root = tempfile::Builder::new()
            .prefix("command-")
            .tempdir_in(parent)?;
        let (work, temporary) = (root.path().join("work"), root.path().join("tmp"));
        std::fs::create_dir(&work)?;
        std::fs::create_dir(&temporary)?;
        if let Some(files) = files {
            for entry in std::path::absolute(files)?.read_dir()? {
                let entry = entry?;
                symlink(entry.path(), work.join(entry.file_name()))?;
            }
        }
        Ok(Self {
            root,
            work,
            temporary,
        })
    }

    /// Returns the path of the whole folder.
    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    /// Returns the working directory of commands.
    pub(crate) fn work(&self) -> &Path {
        &self.work
    }

    /// Returns the value of `TMPDIR`.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Returns the value of `PATH`: the working directory, then `path`.
    pub(crate) fn search_path(&self, path: Option<OsString>) -> OsString {
        let mut search_path = self.work.clone().into_os_string();
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            search_path.push(":");
            search_path.push(path);
        }
        search_path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_links_to_the_files_and_is_deleted_without_them() {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("words.txt"), "a").unwrap();
        let folder = TaskFolder::create(None, Some(files.path())).unwrap();
        let (link, root) = (folder.work().join("words.txt"), folder.path().to_path_buf());
        assert_eq!(std::fs::read_to_string(link).unwrap(), "a");
        drop(folder);
        assert!(!root.exists() && files.path().join("words.txt").exists());
    }

    #[test]
    fn a_missing_parent_folder_is_named() {
        let error = TaskFolder::create(Some(Path::new("/nowhere/at/all")), None);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }
}
