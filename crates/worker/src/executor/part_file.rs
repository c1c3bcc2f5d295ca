//! Part files, the output of reduce attempts of a job whose result is a folder.

use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use mapreduce_formats::output::{RowLayout, RowWriter, part_file_names};
use mapreduce_shuffle::ShuffleError;
use store::JobRef;

/// Folder for the part files of a job.
#[derive(Debug, Clone)]
pub(super) struct PartFolder {
    folder: PathBuf,
    /// Output path on the machine of the master, for error messages.
    master_output: String,
}

/// Error of writing a part file.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartFileError {
    /// The folder is missing, although the master creates it before it plans a task.
    #[error(
        "cannot write a part file: folder {folder} does not exist; set job.output of this worker to the same shared folder \
         as on the master ({master_output})",
        folder = .folder.display()
    )]
    NoFolder {
        folder: PathBuf,
        master_output: String,
    },
    #[error("cannot write part file {path} (job.output): {source}; check the permissions and the free space of its folder", path = .path.display())]
    Write { path: PathBuf, source: io::Error },
    /// The rows of the part file cannot be read.
    #[error(transparent)]
    Rows(ShuffleError),
}

impl PartFolder {
    /// Returns the sibling folder of `output` that the master has created for `job`. The master's path of the output is
    /// `master_output`.
    pub(super) fn new(output: &Path, job: &JobRef, master_output: &str) -> Self {
        Self {
            folder: part_file_names::attempts_folder(
                &part_file_names::work_folder(output),
                &job.id,
                job.plan,
            ),
            master_output: master_output.to_owned(),
        }
    }

    /// Writes the part file of `partition` with the rows that `fill` pushes, syncs it, and returns its length in bytes.
    ///
    /// The file appears under its name only when it is complete. A repeated call for the same attempt replaces it by
    /// the same bytes.
    pub(super) fn write(
        &self,
        partition: u32,
        attempt: &str,
        layout: RowLayout,
        fill: impl FnOnce(&mut RowWriter<PartWriter<'_>>) -> Result<(), ShuffleError>,
    ) -> Result<u64, PartFileError> {
        let path = self
            .folder
            .join(part_file_names::attempt_name(partition, attempt));
        let to_error = |source| self.error(&path, source);
        let file = tempfile::Builder::new()
            .prefix(".part-")
            // The umask decides who may read the file, as for any other file.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&self.folder)
            .map_err(to_error)?;
        let write_error = Mutex::new(None);
        let out = PartWriter {
            file: file.as_file(),
            error: &write_error,
        };
        let mut writer = RowWriter::new(out, layout).map_err(to_error)?;
        let filled = fill(&mut writer).and_then(|()| Ok(writer.finish().map(drop)?));
        if let Some(source) = write_error.into_inner().unwrap_or_default() {
            return Err(to_error(source));
        }
        filled.map_err(PartFileError::Rows)?;
        // After the commit, no attempt writes this file again.
        file.as_file().sync_all().map_err(to_error)?;
        let bytes = file.as_file().metadata().map_err(to_error)?.len();
        file.persist(&path).map_err(|error| to_error(error.error))?;
        Ok(bytes)
    }

    fn error(&self, path: &Path, source: io::Error) -> PartFileError {
        match source.kind() {
            ErrorKind::NotFound => PartFileError::NoFolder {
                folder: self.folder.clone(),
                master_output: self.master_output.clone(),
            },
            _ => PartFileError::Write {
                path: path.to_path_buf(),
                source,
            },
        }
    }
}

/// Writer of a part file. It keeps its error, because the I/O error that `fill` returns may also come from the rows.
pub(super) struct PartWriter<'a> {
    file: &'a File,
    error: &'a Mutex<Option<io::Error>>,
}

impl Write for PartWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| {
            let kind = error.kind();
            // Callers retry an interrupted write.
            if kind != ErrorKind::Interrupted {
                *self.error.lock().expect("no panic under the lock") = Some(error);
            }
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mapreduce_core::{JobId, PlanHash};
    use mapreduce_core::{OutputFormat, Shape};

    use super::*;

    fn write(output: &Path) -> Result<u64, PartFileError> {
        let job = JobRef {
            id: JobId::new("j").unwrap(),
            plan: PlanHash(7),
        };
        let folder = PartFolder::new(output, &job, "/master/counts");
        let layout = RowLayout::new(OutputFormat::Tsv, false, &Shape::sum());
        folder.write(3, "1-7.1.x", layout, |writer| {
            writer.push(b"b", 9)?;
            Ok(writer.push(b"a", 1)?)
        })
    }

    #[test]
    fn an_attempt_may_write_its_part_file_again() {
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
    fn a_worker_with_another_output_folder_fails_with_advice() {
        let dir = tempfile::tempdir().unwrap();
        let error = write(&dir.path().join("counts")).unwrap_err();
        assert!(matches!(error, PartFileError::NoFolder { .. }), "{error:?}");
        let message = error.to_string();
        for part in ["job.output", ".counts.parts/job-j", "/master/counts"] {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_error_of_the_file_is_not_mistaken_for_one_of_the_rows() {
        let read_only = tempfile::NamedTempFile::new().unwrap();
        let (file, error) = (File::open(read_only.path()).unwrap(), Mutex::new(None));
        let mut writer = PartWriter {
            file: &file,
            error: &error,
        };
        writer.write_all(b"a").unwrap_err();
        assert!(error.into_inner().unwrap().is_some());
    }

    #[test]
    fn an_error_of_the_rows_is_returned_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PartFolder {
            folder: dir.path().to_path_buf(),
            master_output: String::new(),
        };
        let layout = RowLayout::new(OutputFormat::Tsv, false, &Shape::sum());
        let written = folder.write(3, "x", layout, |_| Err(ShuffleError::Cancelled));
        assert!(
            matches!(written, Err(PartFileError::Rows(ShuffleError::Cancelled))),
            "{written:?}"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
