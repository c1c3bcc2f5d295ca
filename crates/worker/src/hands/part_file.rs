//! Part files: what a reduce attempt writes when the result is to be a folder of them.

use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use mapreduce::output::{OutputFormat, RowWriter, part};
use mapreduce::shuffle::{Merged, ShuffleError};
use store::{JobRef, Stored};

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

    /// Writes the part of `partition` and makes it durable. Half of a file is never seen: it is written under
    /// another name. What `attempt` wrote before it writes again, the same bytes.
    ///
    /// # Errors
    /// Those of the rows; those of the file, as [`PartFileError`] in an [`ShuffleError::Io`].
    pub(super) fn write(
        &self,
        merged: Merged,
        partition: u32,
        attempt: String,
        format: OutputFormat,
        cancelled: &AtomicBool,
    ) -> Result<Stored, ShuffleError> {
        let path = self.folder.join(part::attempt_name(partition, &attempt));
        let failed = |source| self.error(&path, source);
        let file = tempfile::Builder::new()
            .prefix(".part-")
            // The umask decides who else may read it, as for any file.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&self.folder)
            .map_err(failed)?;
        let out = Checked {
            file: file.as_file(),
            failed: &failed,
        };
        let mut writer = RowWriter::new(out, format);
        let Merged { rows, keys, sum } = merged;
        rows.each_sorted(cancelled, |key, count| Ok(writer.push(key, count)?))?;
        writer.finish()?;
        // Once it is committed nobody makes it again.
        file.as_file().sync_all().map_err(failed)?;
        let bytes = file.as_file().metadata().map_err(failed)?.len();
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(Stored {
            attempt,
            bytes,
            records: keys,
            sum,
        })
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
struct Checked<'a, F> {
    file: &'a File,
    failed: &'a F,
}

impl<F: Fn(io::Error) -> io::Error> Write for Checked<'_, F> {
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

    use mapreduce::shuffle::{Rows, Scratch};
    use mapreduce::{JobId, PlanHash};

    use super::*;

    fn merged(rows: &[(&str, u64)]) -> Merged {
        let scratch = Scratch {
            memory: 1 << 20,
            folder: None,
        };
        let mut sorted = Rows::new(&scratch, None);
        for (key, count) in rows {
            sorted.push(key.as_bytes(), *count).unwrap();
        }
        Merged {
            rows: sorted,
            keys: rows.len() as u64,
            sum: rows.iter().map(|(_, count)| count).sum(),
        }
    }

    fn write(output: &Path, cancelled: bool) -> Result<Stored, ShuffleError> {
        let job = JobRef {
            id: JobId::new("j").unwrap(),
            plan: PlanHash(7),
        };
        let folder = PartFolder::new(output, &job, "/master/counts");
        let rows = merged(&[("a", 1), ("b", 9)]);
        let cancelled = AtomicBool::new(cancelled);
        folder.write(rows, 3, "1-7.1.x".to_owned(), OutputFormat::Tsv, &cancelled)
    }

    #[test]
    fn a_part_is_written_under_the_name_of_its_attempt_again_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = format!(".counts.parts/job-j.{}", PlanHash(7));
        let folder = dir.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        for _ in 0..2 {
            let stored = write(&dir.path().join("counts"), false).unwrap();
            assert_eq!((stored.bytes, stored.records, stored.sum), (8, 2, 10));
            let text = fs::read_to_string(folder.join("part-00003.1-7.1.x")).unwrap();
            assert_eq!(text, "b\t9\na\t1\n");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_worker_that_sees_another_folder_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let Err(ShuffleError::Io(error)) = write(&dir.path().join("counts"), false) else {
            panic!("written where no master is");
        };
        let message = PartFileError::of(&error).unwrap().to_string();
        for part in ["job.output", ".counts.parts/job-j", "/master/counts"] {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
