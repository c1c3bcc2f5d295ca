//! Mapping one split: read its records, hand them to the job's mapper.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::input::Damage;
use crate::job::{JobError, MapFault, MapSink, MapTask};
use crate::reader::{ReadError, RecordReader};
use crate::shuffle::ShuffleError;
use crate::{Counters, JobSpec, Split, input};

/// What a map attempt gives beside the words.
#[derive(Debug)]
pub struct Mapped {
    /// What was counted beside.
    pub counters: Counters,
    /// File and line of the first record with too few cells, if there was one.
    pub first_short: Option<String>,
}

/// Why a map attempt failed. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// The plan names a file that cannot be one of the input.
    #[error(
        "{file}: lies outside of this worker's job.input; give all workers the same input folders as the master"
    )]
    Outside {
        /// The path in the plan.
        file: String,
    },
    /// The file cannot be read, or has vanished.
    #[error("{path}: cannot be read: {source}; it must be there for the whole job, on every machine with a worker", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not the one that was planned.
    #[error("{path}: changed during the job: {how}", path = .path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// What differs.
        how: String,
    },
    /// A compressed file that cannot be decompressed.
    #[error("{path}: {damage}", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// A record is longer than allowed.
    #[error("{path}: line {line}: a record longer than {limit} bytes; raise input.max_record", path = .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Line of its start, from 1.
        line: u64,
        /// The longest allowed, in bytes.
        limit: u64,
    },
    /// A quoted cell never ends.
    #[error("{path}: line {line}: a quoted cell of this record never ends", path = .path.display())]
    UnclosedQuote {
        /// The file.
        path: PathBuf,
        /// Line of the record, from 1.
        line: u64,
    },
    /// A record has too few cells and `input.strict` is set.
    #[error("{path}: line {line}: fewer cells than the header (input.strict is set)", path = .path.display())]
    Short {
        /// The file.
        path: PathBuf,
        /// Line of the record, from 1.
        line: u64,
    },
    /// What did not fit the memory cannot be kept in local files.
    #[error(
        "cannot spill to a local file: {0}; free space there, name another worker.temp_folder, or raise worker.memory"
    )]
    Spill(#[source] ShuffleError),
    /// The job's own code failed.
    #[error("{path}: {place}{error}", path = .path.display(), place = place(.at))]
    Job {
        /// The file.
        path: PathBuf,
        /// Offset in it of the record at hand, if it is known which.
        at: Option<u64>,
        /// What went wrong.
        error: JobError,
    },
    /// The job's own code failed before there was any record, or after the last.
    #[error(transparent)]
    Code(JobError),
    /// Somebody wished it to stop.
    #[error("stopped")]
    Cancelled,
}

fn place(at: &Option<u64>) -> String {
    at.map_or_else(String::new, |at| format!("offset {at}: "))
}

impl MapError {
    /// Whether no other attempt can succeed.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Job { error, .. } | Self::Code(error) => error.is_final(),
            Self::Io { .. } | Self::Outside { .. } | Self::Spill(_) | Self::Cancelled => false,
            _ => true,
        }
    }
}

/// What a map attempt is to do.
#[derive(Debug)]
pub struct MapAttempt<'a> {
    /// The job's input files and folders, as this machine sees them.
    pub inputs: &'a [PathBuf],
    /// What to map.
    pub split: &'a Split,
    /// What the job does.
    pub spec: &'a JobSpec,
    /// Set to make it stop.
    pub cancelled: &'a AtomicBool,
}

impl MapAttempt<'_> {
    /// The file of the split as this machine sees it.
    ///
    /// # Errors
    /// The plan names one that cannot be in the input.
    pub fn path(&self) -> Result<PathBuf, MapError> {
        input::resolve(self.inputs, &self.split.file).ok_or_else(|| MapError::Outside {
            file: self.split.file.path.clone(),
        })
    }

    /// Gives the records of the split to `task`, and what it emits to `out`. CPU-bound: not for async threads.
    ///
    /// Deterministic if the task is: the same split of the same bytes gives the same pairs and counters. Gives up
    /// soon after `cancelled` is set.
    ///
    /// # Errors
    /// See [`MapError`].
    pub fn run(&self, task: &mut dyn MapTask, out: &mut MapSink<'_>) -> Result<Mapped, MapError> {
        let (split, spec) = (self.split, self.spec);
        let path = self.path()?;
        let io = |source| MapError::Io {
            path: path.clone(),
            source,
        };
        let file = File::open(&path).map_err(io)?;
        unchanged(&file, &path, split)?;
        let content = input::records(&file, split);
        let content = content.map_err(|error| explain(ReadError::Io(error), &path, split))?;
        // Behind the start of what is decompressed, if anything is.
        let base = match split.file.compression {
            None => split.start,
            Some(_) => split.skip,
        };
        let mut reader = RecordReader::new(content, &split.file.format, spec.max_record, base);
        let failed = |fault: MapFault| match fault {
            // Half a file looks like a broken one.
            MapFault::Read(error) => match unchanged(&file, &path, split) {
                Ok(()) => explain(error, &path, split),
                Err(changed) => changed,
            },
            MapFault::Keep(ShuffleError::Cancelled) => MapError::Cancelled,
            MapFault::Keep(error) => MapError::Spill(error),
            MapFault::Job { at, error } => MapError::Job {
                path: path.clone(),
                at,
                error,
            },
        };
        loop {
            let more = task.batch(&mut reader, out).map_err(failed)?;
            out.relieve().map_err(MapError::Spill)?;
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(MapError::Cancelled);
            }
            if !more || (spec.strict && reader.first_short().is_some()) {
                break;
            }
        }
        task.finish(out).map_err(failed)?;
        out.relieve().map_err(MapError::Spill)?;
        let first_short = match reader.first_short() {
            Some(at) => Some(line(&path, split, at).map_err(io)?),
            None => None,
        };
        if let (Some(line), true) = (first_short, spec.strict) {
            return Err(MapError::Short { path, line });
        }
        // A file that was cut short reads as a shorter one: only the planner's length tells.
        unchanged(&file, &path, split)?;
        let counters = Counters {
            bytes: split.end - split.start,
            emitted: out.emitted(),
            ..reader.counters()
        };
        let first_short = first_short.map(|line| format!("{}: line {line}", path.display()));
        Ok(Mapped {
            counters,
            first_short,
        })
    }
}

fn unchanged(file: &File, path: &Path, split: &Split) -> Result<(), MapError> {
    match input::difference(file, &split.file) {
        Ok(None) => Ok(()),
        Ok(Some(how)) => Err(MapError::Changed {
            path: path.to_path_buf(),
            how,
        }),
        Err(source) => Err(MapError::Io {
            path: path.to_path_buf(),
            source,
        }),
    }
}

/// Names the place of a reader's error.
fn explain(error: ReadError, path: &Path, split: &Split) -> MapError {
    let path = path.to_path_buf();
    let (at, limit) = match error {
        ReadError::Io(source) => {
            return match source.downcast::<Damage>() {
                Ok(damage) => MapError::Damaged { path, damage },
                Err(source) => MapError::Io { path, source },
            };
        }
        ReadError::TooLong { at, limit } => (at, Some(limit)),
        ReadError::UnclosedQuote { at } => (at, None),
    };
    match (line(&path, split, at), limit) {
        (Ok(line), Some(limit)) => MapError::TooLong { path, line, limit },
        (Ok(line), None) => MapError::UnclosedQuote { path, line },
        (Err(source), _) => MapError::Io { path, source },
    }
}

/// The line number of the byte `at` behind the first record of `split`. Reads the file again; for
/// messages only.
fn line(path: &Path, split: &Split, at: u64) -> io::Result<u64> {
    let (mut from, mut at) = (split.clone(), at);
    // Where the planner counted no lines, from the beginning of the file.
    let mut line = split.line.unwrap_or_else(|| {
        at += std::mem::take(&mut from.start);
        1
    });
    let file = File::open(path)?;
    let mut rest = input::records(&file, &from)?.take(at);
    let mut block = vec![0; 64 << 10];
    loop {
        let n = rest.read(&mut block)?;
        if n == 0 {
            return Ok(line);
        }
        line += memchr::memchr_iter(b'\n', &block[..n]).count() as u64;
    }
}
