//! The lock of an output: only one master writes it at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::durable;
use super::error::OutputError;

/// Locked temporary file next to an output. It can become the output.
#[derive(Debug)]
pub(crate) struct OutputLock {
    path: PathBuf,
    folder: PathBuf,
    temporary: PathBuf,
    renamed: bool,
    /// The open file holds the lock. The operating system releases it when the process ends, even by a crash.
    file: File,
}

impl OutputLock {
    /// Creates the folder of `path`, which must have a file name, and takes the lock.
    pub(crate) fn take(path: &Path) -> Result<Self, OutputError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let io = |source| OutputError::Io {
            path: path.to_path_buf(),
            source,
        };
        create_folder(&folder).map_err(|source| OutputError::Folder {
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
                // The file becomes the output, so it must not be a link.
                .custom_flags(OFlags::NOFOLLOW.bits() as i32)
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
            // Between `open` and `try_lock`, another master may have renamed this very file to its output. Then the
            // temporary name belongs to another file or no longer exists.
            let locked = file.metadata().map_err(io)?;
            if fs::metadata(&temporary)
                .is_ok_and(|now| (now.dev(), now.ino()) == (locked.dev(), locked.ino()))
            {
                return Ok(Self {
                    path: path.to_path_buf(),
                    folder,
                    temporary,
                    renamed: false,
                    file,
                });
            }
        }
    }

    /// Returns the locked file.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Makes the names in the folder of the output durable.
    pub(crate) fn sync_folder(&self) -> io::Result<()> {
        durable::sync(&File::open(&self.folder)?)
    }

    /// Renames the locked file to the output. Does nothing if that is done already.
    pub(crate) fn rename_to_output(&mut self) -> io::Result<()> {
        if !self.renamed {
            durable::rename(&self.temporary, &self.path)?;
            self.renamed = true;
        }
        // The rename is durable once the folder is.
        self.sync_folder()
    }
}

/// Creates a folder and its parents.
fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder).map_err(|error| match error.kind() {
        // "File exists" is true, but does not tell the user that the existing file is not a folder.
        io::ErrorKind::AlreadyExists => io::ErrorKind::NotADirectory.into(),
        _ => error,
    })
}

impl Drop for OutputLock {
    /// Removes the temporary file if it did not become the output. The lock is still held.
    fn drop(&mut self) {
        if self.renamed {
            return;
        }
        if let Err(error) = fs::remove_file(&self.temporary) {
            tracing::debug!(file = %self.temporary.display(), %error, "cannot remove the temporary file");
        }
    }
}
