//! The output as a folder of part files, which reduce tasks write, and of a mark that the folder is whole.
//!
//! ```text
//! workers            job-J/part-00000.A  job-J/part-00000.B  job-J/part-00001.C
//!   | gather         done-J/part-00000.json, part-00001.json, _SUCCESS
//!   v publish        output -> replaced, done-J -> output, replaced and job-J removed
//! output/part-00000.json, part-00001.json, _SUCCESS
//! ```
//! Everything but the output lies in one hidden folder beside it (see [`mapreduce::output::part`]). Workers
//! write in `job-J` and nowhere else: an attempt that ends late cannot get into the result. A master that
//! is killed between any two steps is followed by one that finds each file under its old name or its new one.

mod gather;
mod replace;
#[cfg(test)]
mod tests;

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use mapreduce::output::{OutputFormat, part};
use store::JobRef;
use tracing::warn;

use crate::lock::OutputLock;
use crate::publish::OutputError;

/// An output folder that nobody else writes.
#[derive(Debug)]
pub(crate) struct PartsFolder {
    path: PathBuf,
    work: PathBuf,
    format: OutputFormat,
    /// Whether what is not published is left for the next master.
    resumes: bool,
    lock: OutputLock,
}

impl PartsFolder {
    /// Takes the lock, puts back what a killed master had moved aside, and makes the hidden folder: what could
    /// go wrong goes wrong now. With `resumes`, parts of a job that has not ended stay for the next master.
    pub(crate) fn prepare(
        path: &Path,
        format: OutputFormat,
        resumes: bool,
    ) -> Result<Self, OutputError> {
        let not_a_folder = || OutputError::NotAFolder {
            path: path.to_path_buf(),
        };
        // Without a slash at its end: a rename to it makes no folder of it first.
        let path = path.with_file_name(path.file_name().ok_or_else(not_a_folder)?);
        // A link is no folder that could be replaced: what it leads to would stay.
        if fs::symlink_metadata(&path).is_ok_and(|there| !there.is_dir()) {
            return Err(OutputError::NotAFolder { path });
        }
        let folder = Self {
            work: part::work_folder(&path),
            lock: OutputLock::take(&path)?,
            path,
            format,
            resumes,
        };
        folder.put_back()?;
        folder.check_replaceable()?;
        fs::create_dir_all(&folder.work).map_err(|source| folder.error(source))?;
        Ok(folder)
    }

    /// Makes the folder for the attempts of `job`, and removes what other jobs have left. May be done again.
    pub(crate) fn begin(&self, job: &JobRef) -> Result<(), OutputError> {
        let attempts = self.attempts(job);
        let begun = self.clear(&[&attempts, &self.done(job)]);
        let begun = begun.and_then(|()| fs::create_dir_all(&attempts));
        begun.map_err(|source| self.error(source))
    }

    /// Removes all that is not the output, nor an older one: nobody will take the job up again.
    pub(crate) fn discard(&self) {
        // A worker that has not heard of it may put a file there meanwhile.
        if let Err(error) = self.clear(&[]).or_else(|_| self.clear(&[])) {
            warn!(folder = %self.work.display(), %error, "part files are left; the next master of this output removes them");
        }
        // Of a folder that is not empty something is left to be looked at.
        drop(fs::remove_dir(&self.work));
    }

    /// Removes all that is not the output but `keep` and an older output.
    fn clear(&self, keep: &[&Path]) -> io::Result<()> {
        let replaced = part::replaced_folder(&self.work);
        each(&self.work, |entry| {
            let path = entry.path();
            match path == replaced || keep.contains(&path.as_path()) {
                true => Ok(()),
                false => remove(&entry),
            }
        })
    }

    fn attempts(&self, job: &JobRef) -> PathBuf {
        part::attempts_folder(&self.work, &job.id, job.plan)
    }

    fn done(&self, job: &JobRef) -> PathBuf {
        part::done_folder(&self.work, &job.id, job.plan)
    }

    /// What the system said about this output.
    fn error(&self, source: io::Error) -> OutputError {
        OutputError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

impl Drop for PartsFolder {
    /// Removes what nobody needs, while the lock still holds.
    fn drop(&mut self) {
        if self.resumes {
            // Unless something is in it: the folder of a job whose workers may go on without a master.
            return drop(fs::remove_dir(&self.work));
        }
        self.discard();
    }
}

/// The input that would go with the folder `output` when that is replaced, because it lies in it.
pub(crate) fn input_in<'a>(inputs: &'a [PathBuf], output: &Path) -> Option<&'a Path> {
    let output = fs::canonicalize(output).ok()?;
    let inside =
        |input: &&PathBuf| fs::canonicalize(input).is_ok_and(|input| input.starts_with(&output));
    inputs.iter().find(inside).map(PathBuf::as_path)
}

/// Calls `act` with everything in a folder, which need not be there.
fn each(folder: &Path, mut act: impl FnMut(DirEntry) -> io::Result<()>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        act(entry?)?;
    }
    Ok(())
}

fn remove(entry: &DirEntry) -> io::Result<()> {
    match entry.file_type()?.is_dir() {
        true => fs::remove_dir_all(entry.path()),
        false => fs::remove_file(entry.path()),
    }
}
