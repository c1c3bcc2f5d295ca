//! Part files: what a reduce attempt writes when the result is to be a folder of them.

use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use mapreduce::output::{RowLayout, RowWriter, part};
use mapreduce::shuffle::ShuffleError;
use store::JobRef;

/// Where the part files of a job are put.
#[derive(Debug, Clone)]
pub(super) struct PartFolder {
    folder: PathBuf,
    /// The output as the master names it, for people.
    master: String,
}

impl PartFolder {
    /// The folder beside `output` that the master has made for `job`; the master calls its output `master`.
    pub(super) fn new(output: &Path, job: &JobRef, master: &str) -> Self {
        Self {
            folder: part::attempts_folder(&part::work_folder(output), &job.id, job.plan),
            master: master.to_owned(),
        }
    }

    /// Writes the part of `partition`, whose rows `fill` pushes, and makes it durable; answers its bytes. Half of a
    /// file is never seen: it is written under another name. What `attempt` wrote before it writes again, the same
    /// bytes.
    ///
    /// # Errors
    /// Those of `fill`; those of the file, as [`PartFileError`] in an [`ShuffleError::Io`].
    pub(super) fn write(
        &self,
        partition: u32,
        attempt: &str,
        layout: RowLayout,
        fill: impl FnOnce(&mut RowWriter<PartOut<'_>>) -> Result<(), ShuffleError>,
    ) -> Result<u64, ShuffleError> {
        let path = self.folder.join(part::attempt_name(partition, attempt));
        let failed = |source| self.error(&path, source);
        let file = tempfile::Builder::new()
            .prefix(".part-")
            // The umask decides who else may read it, as for any file.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&self.folder)
            .map_err(failed)?;
        let out = PartOut {
            file: file.as_file(),
            failed: &failed,
        };
        let mut writer = RowWriter::new(out, layout);
        fill(&mut writer)?;
        writer.finish()?;
        // Once it is committed nobody makes it again.
        file.as_file().sync_all().map_err(failed)?;
        let bytes = file.as_file().metadata().map_err(failed)?.len();
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(bytes)
    }

    fn error(&self, path: &Path, source: io::Error) -> io::Error {
        io::Error::other(match source.kind() {
            ErrorKind::NotFound => PartFileError::NoFolder {
                folder: self.folder.clone(),
                master: self.master.clone(),
            },
            _ => PartFileError::Write {
                path: path.to_path_buf(),
                source,
            },
        })
    }
}

/// Why a part file cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartFileError {
    /// The master makes the folder before there is any task.
    #[error(
        "{folder}: the folder for part files is not there; job.output of this worker must lead to the folder \
         that the master writes, {master}",
        folder = .folder.display()
    )]
    NoFolder { folder: PathBuf, master: String },
    #[error("{path}: the part cannot be written (job.output): {source}", path = .path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl PartFileError {
    /// The error of a part file that `error` is, if it is one.
    pub(super) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// A file whose errors tell that they are about it.
pub(super) struct PartOut<'a> {
    file: &'a File,
    failed: &'a dyn Fn(io::Error) -> io::Error,
}

impl Write for PartOut<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(self.failed)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mapreduce::output::OutputFormat;
    use mapreduce::{JobId, PlanHash};

    use super::*;

    fn write(output: &Path) -> Result<u64, ShuffleError> {
        let job = JobRef {
            id: JobId::new("j").unwrap(),
            plan: PlanHash(7),
        };
        let folder = PartFolder::new(output, &job, "/master/counts");
        let layout = RowLayout::counts(OutputFormat::Tsv);
        folder.write(3, "1-7.1.x", layout, |writer| {
            writer.push(b"b", 9)?;
            Ok(writer.push(b"a", 1)?)
        })
    }

    #[test]
    fn a_part_is_written_under_the_name_of_its_attempt_again_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = format!(".counts.parts/job-j.{}", PlanHash(7));
        let folder = dir.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        for _ in 0..2 {
            assert_eq!(write(&dir.path().join("counts")).unwrap(), 8);
            let text = fs::read_to_string(folder.join("part-00003.1-7.1.x")).unwrap();
            assert_eq!(text, "b\t9\na\t1\n");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_worker_that_sees_another_folder_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let Err(ShuffleError::Io(error)) = write(&dir.path().join("counts")) else {
            panic!("written where no master is");
        };
        let message = PartFileError::of(&error).unwrap().to_string();
        for part in ["job.output", ".counts.parts/job-j", "/master/counts"] {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
