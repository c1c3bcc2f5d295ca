//! Durable operations: what survives a power failure.
//!
//! A file survives once it is synced, and its name once its folder is. Only a power failure could show a missing sync,
//! so these functions record for tests what was done, and in which order.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Writes the content of the file to the disk.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    file.sync_all()?;
    #[cfg(test)]
    recorded::record(recorded::Step::Synced(recorded::inode(file)?));
    Ok(())
}

/// Renames a file. The new name is durable once the folder is synced.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    // What was a file before the work may be a link or a device now, and must not be replaced.
    if fs::symlink_metadata(to).is_ok_and(|now| !now.is_file()) {
        return Err(io::Error::other("it is no longer a regular file"));
    }
    fs::rename(from, to)?;
    #[cfg(test)]
    recorded::record(recorded::Step::Renamed(to.to_path_buf()));
    Ok(())
}

/// Record of the successful operations of this thread.
#[cfg(test)]
pub(crate) mod recorded {
    use std::cell::RefCell;
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    /// Successful operation.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) enum Step {
        /// The file or folder with this inode was synced.
        Synced(u64),
        /// A file got this name.
        Renamed(PathBuf),
    }

    thread_local! {
        static STEPS: RefCell<Vec<Step>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn record(step: Step) {
        STEPS.with_borrow_mut(|steps| steps.push(step));
    }

    /// Returns the operations since the last call.
    pub(crate) fn take_steps() -> Vec<Step> {
        STEPS.take()
    }

    /// Returns the inode number of a file or folder.
    pub(crate) fn inode(file: &File) -> io::Result<u64> {
        Ok(file.metadata()?.ino())
    }
}
