//! What outlasts a power cut: a file once it is synced, a name once its folder is.
//!
//! Whether that was asked for cannot be seen without a power cut. So tests are told what was done, in which order.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Writes all of the file to the disk.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    file.sync_all()?;
    #[cfg(test)]
    told::tell(told::Step::Synced(told::inode(file)?));
    Ok(())
}

/// Gives a file its final name, for good once the folder is synced.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    #[cfg(test)]
    told::tell(told::Step::Renamed(to.to_path_buf()));
    Ok(())
}

/// What this thread did, for tests.
#[cfg(test)]
pub(crate) mod told {
    use std::cell::RefCell;
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    /// Something that was done and did not fail.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) enum Step {
        /// The file or folder with this inode is on the disk.
        Synced(u64),
        /// There is a file of this name now.
        Renamed(PathBuf),
    }

    thread_local! {
        static STEPS: RefCell<Vec<Step>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn tell(step: Step) {
        STEPS.with_borrow_mut(|steps| steps.push(step));
    }

    /// What was done since the last call.
    pub(crate) fn steps() -> Vec<Step> {
        STEPS.take()
    }

    /// The number of a file or folder on its disk.
    pub(crate) fn inode(file: &File) -> io::Result<u64> {
        Ok(file.metadata()?.ino())
    }
}
