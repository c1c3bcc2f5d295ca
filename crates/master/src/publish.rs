//! The output file: writable before the work starts, complete or absent at every moment.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use runtime::{CrashPlan, CrashPoint};

/// Why the output cannot be written. Every message names the path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The system refused.
    #[error("{path}: cannot be written (job.output): {source}", path = .path.display())]
    Io {
        /// The output.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder it is to lie in is not there and cannot be made.
    #[error("{path}: cannot be written (job.output): its folder cannot be made: {source}", path = .path.display())]
    Folder {
        /// The output.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder, a device, or no file name at all.
    #[error("{path}: is not the name of a regular file; job.output names the file to write", path = .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Somebody else is at it.
    #[error("{path}: another master is writing this output; wait for it, or choose another job.output", path = .path.display())]
    Busy {
        /// The output.
        path: PathBuf,
    },
}

/// An output that nobody else writes: a locked temporary file beside it, which becomes the output.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    folder: PathBuf,
    temporary: PathBuf,
    published: bool,
    /// Holds the lock; the system releases it when the process ends, however it ends.
    file: File,
}

impl OutputFile {
    /// Makes the folder if need be and takes the lock: what could go wrong goes wrong now.
    pub fn prepare(path: &Path) -> Result<Self, OutputError> {
        let not_a_file = || OutputError::NotAFile {
            path: path.to_path_buf(),
        };
        let name = path.file_name().ok_or_else(not_a_file)?.to_string_lossy();
        // The rename at the end would fail on a folder, and replace a device such as /dev/null.
        let slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if slash || fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(not_a_file());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let io = |source| OutputError::Io {
            path: path.to_path_buf(),
            source,
        };
        make(&folder).map_err(|source| OutputError::Folder {
            path: path.to_path_buf(),
            source,
        })?;
        let temporary = folder.join(format!(".{name}.tmp"));
        loop {
            let mut options = OpenOptions::new();
            let file = options
                .create(true)
                .truncate(false)
                .write(true)
                .open(&temporary);
            let file = file.map_err(io)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(OutputError::Busy {
                        path: path.to_path_buf(),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(io(source)),
            }
            // Between open and lock another master may have renamed this very file into the output.
            let locked = file.metadata().map_err(io)?;
            if fs::metadata(&temporary)
                .is_ok_and(|now| (now.dev(), now.ino()) == (locked.dev(), locked.ino()))
            {
                return Ok(Self {
                    path: path.to_path_buf(),
                    folder,
                    temporary,
                    published: false,
                    file,
                });
            }
        }
    }

    /// Lets `write` fill the file from its start, and makes it durable. May be done again. Blocks.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn fill<T, E: From<io::Error>>(
        &mut self,
        write: impl FnOnce(&mut File) -> Result<T, E>,
    ) -> Result<T, E> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        let written = write(&mut self.file)?;
        self.file.sync_all()?;
        Ok(written)
    }

    /// Puts the file in place of the output. Blocks.
    pub fn publish(mut self, crash: &CrashPlan) -> Result<(), OutputError> {
        crash.reach(CrashPoint::BeforeRename);
        let renamed = fs::rename(&self.temporary, &self.path);
        // The rename is durable once the folder is.
        let durable = renamed.and_then(|()| {
            self.published = true;
            File::open(&self.folder)?.sync_all()
        });
        durable.map_err(|source| self.error(source))
    }

    /// What the system said about this output.
    pub fn error(&self, source: io::Error) -> OutputError {
        OutputError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

/// Makes a folder with those above it.
fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder).map_err(|error| match error.kind() {
        // "File exists" is true and explains nothing.
        io::ErrorKind::AlreadyExists => io::ErrorKind::NotADirectory.into(),
        _ => error,
    })
}

impl Drop for OutputFile {
    /// Removes the temporary file of a job that ended without a result, while the lock still holds.
    fn drop(&mut self) {
        if self.published {
            return;
        }
        if let Err(error) = fs::remove_file(&self.temporary) {
            tracing::debug!(file = %self.temporary.display(), %error, "temporary file not removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn publish(path: &Path, text: &str) -> Result<(), OutputError> {
        let mut output = OutputFile::prepare(path)?;
        let filled = output.fill(|file| file.write_all(text.as_bytes()));
        filled.map_err(|source| output.error(source))?;
        output.publish(&CrashPlan::default())
    }

    #[test]
    fn the_folder_is_made_and_an_older_output_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/results.json");
        publish(&path, "a longer text").unwrap();
        publish(&path, "short").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_dead_master_left_does_not_get_into_the_output() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        fs::write(
            dir.path().join(".results.json.tmp"),
            "half of something much longer",
        )
        .unwrap();
        publish(&path, "whole").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
    }

    #[test]
    fn a_failed_write_leaves_the_old_output() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        publish(&path, "old").unwrap();
        let mut output = OutputFile::prepare(&path).unwrap();
        let full = |file: &mut File| -> io::Result<()> {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        output.fill(full).unwrap_err();
        drop(output);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn two_masters_do_not_write_one_output() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        let first = OutputFile::prepare(&path).unwrap();
        assert!(matches!(
            OutputFile::prepare(&path),
            Err(OutputError::Busy { .. })
        ));
        drop(first);
        OutputFile::prepare(&path).unwrap();
    }

    #[test]
    fn what_is_no_file_name_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("new/");
        for other in [dir.path(), &below, Path::new("/dev/null"), Path::new("..")] {
            assert!(
                matches!(
                    OutputFile::prepare(other),
                    Err(OutputError::NotAFile { .. })
                ),
                "{other:?}"
            );
        }
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(
            OutputFile::prepare(&file.join("x.json")),
            Err(OutputError::Folder { .. })
        ));
    }
}
