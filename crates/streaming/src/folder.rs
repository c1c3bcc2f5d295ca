//! Where a command runs.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use mapreduce::job::JobError;
use tempfile::TempDir;

/// A folder for the commands of one attempt; deleted with this.
#[derive(Debug)]
pub(crate) struct Folder {
    whole: TempDir,
    /// Where they run: it has the files of the job.
    work: PathBuf,
    /// Where they may leave what is not to stay.
    temporary: PathBuf,
}

impl Folder {
    /// Makes it in `parent`, or the system's folder for temporary files, with links to the `files` of the job.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn make(parent: Option<&Path>, files: Option<&Path>) -> Result<Self, JobError> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        Self::make_in(&parent, files).map_err(|error| {
            JobError::new(format!(
                "no folder for a command can be made in {}: {error}; name another worker.temp_folder",
                parent.display()
            ))
        })
    }

    fn make_in(parent: &Path, files: Option<&Path>) -> io::Result<Self> {
        // The command is started elsewhere.
        let parent = std::path::absolute(parent)?;
        let whole = tempfile::Builder::new()
            .prefix("command-")
            .tempdir_in(parent)?;
        let (work, temporary) = (whole.path().join("work"), whole.path().join("tmp"));
        std::fs::create_dir(&work)?;
        std::fs::create_dir(&temporary)?;
        if let Some(files) = files {
            for entry in std::path::absolute(files)?.read_dir()? {
                let entry = entry?;
                symlink(entry.path(), work.join(entry.file_name()))?;
            }
        }
        Ok(Self {
            whole,
            work,
            temporary,
        })
    }

    /// All of it.
    pub(crate) fn whole(&self) -> &Path {
        self.whole.path()
    }

    /// Where commands run.
    pub(crate) fn work(&self) -> &Path {
        &self.work
    }

    /// For `TMPDIR`.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// For `PATH`: the folder itself, then `path`.
    pub(crate) fn search_path(&self, path: Option<OsString>) -> OsString {
        let mut whole = self.work.clone().into_os_string();
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            whole.push(":");
            whole.push(path);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_files_and_goes_without_them() {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("words.txt"), "a").unwrap();
        let folder = Folder::make(None, Some(files.path())).unwrap();
        let (link, whole) = (
            folder.work().join("words.txt"),
            folder.whole().to_path_buf(),
        );
        assert_eq!(std::fs::read_to_string(link).unwrap(), "a");
        drop(folder);
        assert!(!whole.exists() && files.path().join("words.txt").exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Folder::make(Some(Path::new("/nowhere/at/all")), None);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }
}
