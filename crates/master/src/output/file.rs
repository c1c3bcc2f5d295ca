//! The output file. It can be prepared before the job starts, and is complete or absent at any time.

use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use mapreduce_core::{Compression, OutputName};
use mapreduce_formats::output::CompressedWriter;
use settings::{CrashPlan, CrashPoint};

use super::durable;
use super::error::OutputError;
use super::location::Location;
use super::lock::OutputLock;
use super::stream::OutputStream;

/// Output that only this master writes: a locked temporary file next to it, which becomes the output, or a stream.
#[derive(Debug)]
pub(crate) struct OutputFile {
    path: PathBuf,
    compression: Option<Compression>,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    /// The target of a link is replaced, and the link is kept.
    Replaced(OutputLock),
    Stream(OutputStream),
}

impl OutputFile {
    /// Creates the folder if it is missing, and takes the lock, or opens the stream. Most errors therefore occur before
    /// the job starts.
    pub(crate) fn prepare(path: &Path) -> Result<Self, OutputError> {
        let io = |source| OutputError::Io {
            path: path.to_path_buf(),
            source,
        };
        let not_a_file = || OutputError::NotAFile {
            path: path.to_path_buf(),
        };
        let ends_with_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if path.file_name().is_none() || ends_with_slash {
            return Err(not_a_file());
        }
        let location = match Location::of(path) {
            // The lock finds the reason, such as a file in place of the folder.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Location::File(path.to_path_buf())
            }
            location => location.map_err(io)?,
        };
        let sink = match location {
            Location::Folder => return Err(not_a_file()),
            Location::File(file) => Sink::Replaced(OutputLock::take(&file)?),
            Location::Stream(target) => Sink::Stream(OutputStream::prepare(target).map_err(io)?),
        };
        Ok(Self {
            path: path.to_path_buf(),
            compression: OutputName::of(path).compression,
            sink,
        })
    }

    /// Lets `write` write the file from its start, and syncs the file. Idempotent. Blocks.
    ///
    /// # Errors
    /// `write` fails, or the file cannot be rewound or synced.
    pub(crate) fn fill<T, E: From<io::Error>>(
        &mut self,
        write: impl FnOnce(&mut CompressedWriter<&mut File>) -> Result<T, E>,
    ) -> Result<T, E> {
        let file = match &mut self.sink {
            Sink::Replaced(lock) => lock.file(),
            Sink::Stream(stream) => stream.file(),
        };
        file.set_len(0)?;
        file.rewind()?;
        let mut writer = CompressedWriter::new(&mut *file, self.compression)?;
        let written = write(&mut writer)?;
        writer.finish()?;
        if let Sink::Replaced(lock) = &mut self.sink {
            durable::sync(lock.file())?;
        }
        Ok(written)
    }

    /// Renames the file to the output, or sends it to the stream. Blocks.
    pub(crate) fn publish(&mut self, crash: &CrashPlan) -> Result<(), OutputError> {
        crash.reach(CrashPoint::BeforeRename);
        let published = match &mut self.sink {
            Sink::Replaced(lock) => lock.rename_to_output(),
            Sink::Stream(stream) => stream.send(),
        };
        published.map_err(|source| self.error(source))
    }

    /// Adds the path of the output to an error of the operating system.
    pub(crate) fn error(&self, source: io::Error) -> OutputError {
        OutputError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::output::durable::recorded::{self, Step};

    fn publish(path: &Path, text: &str) -> Result<(), OutputError> {
        let mut output = OutputFile::prepare(path)?;
        let filled = output.fill(|file| file.write_all(text.as_bytes()));
        filled.map_err(|source| output.error(source))?;
        output.publish(&CrashPlan::default())
    }

    #[test]
    fn the_folder_is_created_and_an_older_output_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/results.json");
        publish(&path, "a longer text").unwrap();
        publish(&path, "short").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_of_a_dead_master_do_not_get_into_the_output() {
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
    fn a_failed_write_keeps_the_old_output() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        publish(&path, "old").unwrap();
        let mut output = OutputFile::prepare(&path).unwrap();
        let full = |file: &mut CompressedWriter<&mut File>| -> io::Result<()> {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        output.fill(full).unwrap_err();
        drop(output);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_output_is_synced_before_it_gets_its_name_and_its_folder_after() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        recorded::take_steps();
        publish(&path, "text").unwrap();
        let inode = |path: &Path| recorded::inode(&File::open(path).unwrap()).unwrap();
        let steps = [
            Step::Synced(inode(&path)),
            Step::Renamed(path.clone()),
            Step::Synced(inode(dir.path())),
        ];
        assert_eq!(recorded::take_steps(), steps);
    }

    #[test]
    fn the_target_of_a_link_is_replaced_and_the_link_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("big")).unwrap();
        fs::write(path("big/old"), "old").unwrap();
        for target in ["big/old", "big/new"] {
            let link = path("link");
            symlink(target, &link).unwrap();
            publish(&link, "new").unwrap();
            assert_eq!(fs::read_link(&link).unwrap(), Path::new(target));
            assert_eq!(fs::read_to_string(path(target)).unwrap(), "new");
            fs::remove_file(link).unwrap();
        }
        assert_eq!(fs::read_dir(path("big")).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_becomes_a_link_during_the_work_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("o.json");
        let mut output = OutputFile::prepare(&path).unwrap();
        symlink("elsewhere", &path).unwrap();
        output.fill(|file| file.write_all(b"new")).unwrap();
        output.publish(&CrashPlan::default()).unwrap_err();
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("elsewhere"));
    }

    #[test]
    fn two_masters_cannot_write_the_same_output() {
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
    fn a_path_that_cannot_be_a_regular_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("new/");
        for other in [dir.path(), &below, Path::new("..")] {
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
