//! The output file: writable before the work starts, complete or absent at every moment.

use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use runtime::{CrashPlan, CrashPoint};

use crate::durable;
use crate::lock::OutputLock;

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
    /// Part files need a folder, and there is something else, or no name at all.
    #[error("{path}: is not the name of a folder; with output.parts job.output names the folder to write; choose another", path = .path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder that was to be replaced is no result of ours.
    #[error("{path}: holds {found}, so it is no earlier result and is not replaced; empty it, or choose another job.output", path = .path.display())]
    NotOurs {
        /// The output.
        path: PathBuf,
        /// What was found in it.
        found: String,
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
    lock: OutputLock,
}

impl OutputFile {
    /// Makes the folder if need be and takes the lock: what could go wrong goes wrong now.
    pub fn prepare(path: &Path) -> Result<Self, OutputError> {
        // The rename at the end would fail on a folder, and replace a device such as /dev/null.
        let slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let other = fs::metadata(path).is_ok_and(|there| !there.is_file());
        if path.file_name().is_none() || slash || other {
            let path = path.to_path_buf();
            return Err(OutputError::NotAFile { path });
        }
        Ok(Self {
            path: path.to_path_buf(),
            lock: OutputLock::take(path)?,
        })
    }

    /// Lets `write` fill the file from its start, and makes it durable. May be done again. Blocks.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn fill<T, E: From<io::Error>>(
        &mut self,
        write: impl FnOnce(&mut File) -> Result<T, E>,
    ) -> Result<T, E> {
        let file = self.lock.file();
        file.set_len(0)?;
        file.rewind()?;
        let written = write(file)?;
        durable::sync(file)?;
        Ok(written)
    }

    /// Puts the file in place of the output. Blocks.
    pub fn publish(self, crash: &CrashPlan) -> Result<(), OutputError> {
        crash.reach(CrashPoint::BeforeRename);
        let Self { path, lock } = self;
        let renamed = lock.into_output();
        renamed.map_err(|source| OutputError::Io { path, source })
    }

    /// What the system said about this output.
    pub fn error(&self, source: io::Error) -> OutputError {
        OutputError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::durable::told::{self, Step};

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
    fn the_output_is_durable_before_it_is_seen_and_its_name_after() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        told::steps();
        publish(&path, "text").unwrap();
        let inode = |path: &Path| told::inode(&File::open(path).unwrap()).unwrap();
        let steps = [
            Step::Synced(inode(&path)),
            Step::Renamed(path.clone()),
            Step::Synced(inode(dir.path())),
        ];
        assert_eq!(told::steps(), steps);
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
