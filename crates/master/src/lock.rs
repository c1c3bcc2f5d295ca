//! The lock of an output: one master writes it at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::durable;
use crate::publish::OutputError;

/// A locked temporary file beside an output, which may become the output.
#[derive(Debug)]
pub(crate) struct OutputLock {
    path: PathBuf,
    folder: PathBuf,
    temporary: PathBuf,
    renamed: bool,
    /// Holds the lock; the system releases it when the process ends, however it ends.
    file: File,
}

impl OutputLock {
    /// Makes the folder that `path`, which has a name, is to lie in, and takes the lock.
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
                    renamed: false,
                    file,
                });
            }
        }
    }

    /// The locked file.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Makes what was renamed beside the output durable.
    pub(crate) fn sync_folder(&self) -> io::Result<()> {
        durable::sync(&File::open(&self.folder)?)
    }

    /// Renames the locked file to the output.
    pub(crate) fn into_output(mut self) -> io::Result<()> {
        durable::rename(&self.temporary, &self.path)?;
        self.renamed = true;
        // The rename is durable once the folder is.
        self.sync_folder()
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

impl Drop for OutputLock {
    /// Removes the temporary file that did not become the output, while the lock still holds.
    fn drop(&mut self) {
        if self.renamed {
            return;
        }
        if let Err(error) = fs::remove_file(&self.temporary) {
            tracing::debug!(file = %self.temporary.display(), %error, "temporary file not removed");
        }
    }
}
