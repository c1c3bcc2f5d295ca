//! Mapping one split: read its records, hand them to the job's mapper.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{MapFault, MapSink, MapTask};
use mapreduce_core::JobError;
use mapreduce_core::{Counters, FileFormat, JobSpec, Split};
use mapreduce_formats::input;
use mapreduce_formats::input::Damage;
use mapreduce_formats::reader;
use mapreduce_formats::reader::{FirstShort, Lack, Quote, ReadError, Selection};
use mapreduce_shuffle::ShuffleError;

/// What a map attempt gives beside the words.
#[derive(Debug)]
pub struct Mapped {
    /// What was counted beside.
    pub counters: Counters,
    /// File and place of the first record that lacks something, and what it lacks, if there was one.
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
    /// The plan has a split that its file cannot have.
    #[error(
        "{file}: the plan has a split of it from {start} to {end}, which are no places in {len} bytes; no master wrote that: plan the job again under another id"
    )]
    NoSplit {
        /// The path in the plan.
        file: String,
        /// Where it starts, says the plan.
        start: u64,
        /// Where it ends, says the plan.
        end: u64,
        /// The bytes of the file, says the plan.
        len: u64,
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
    #[error("{path}: {place}: a record longer than {limit} bytes; raise input.max_record", path = .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Line of its start, or its row, from 1.
        place: String,
        /// The longest allowed, in bytes.
        limit: u64,
    },
    /// A quoted cell never ends.
    #[error("{path}: {place}: a quoted cell of this record never ends", path = .path.display())]
    UnclosedQuote {
        /// The file.
        path: PathBuf,
        /// Line of the record, from 1.
        place: String,
    },
    /// A Parquet file that cannot be read.
    #[error("{path}: {what}", path = .path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A record lacks something and `input.strict` is set.
    #[error("{path}: {place}: {lack} (input.strict is set)", path = .path.display())]
    Short {
        /// The file.
        path: PathBuf,
        /// Line of the record, or its row, from 1.
        place: String,
        /// What it lacks.
        lack: Lack,
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
    /// The job's own code failed at a record again and again, and not without it.
    #[error(transparent)]
    BadRecord(Box<BadRecord>),
    /// The job's own code failed before there was any record, or after the last.
    #[error(transparent)]
    Code(JobError),
    /// Somebody wished it to stop.
    #[error("stopped")]
    Cancelled,
}

/// A record that the job's own code fails at.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {place}: {error}; the record: {record}{hint}", path = .path.display())]
pub struct BadRecord {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What went wrong.
    pub error: JobError,
    /// The record.
    pub record: Quote,
    /// What can be done about it.
    pub hint: String,
}

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// As [`mapreduce_core::Record::offset`].
    pub offset: u64,
    /// Its first line, from 1; none in Parquet, where a record is a row.
    pub line: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line} (offset {})", self.offset),
            None => write!(f, "row {}", self.offset + 1),
        }
    }
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
    /// The plan names one that cannot be in the input, or a split that it cannot have.
    pub fn path(&self) -> Result<PathBuf, MapError> {
        if !self.split.lies_in_its_file() {
            return Err(MapError::NoSplit {
                file: self.split.file.path.clone(),
                start: self.split.start,
                end: self.split.end,
                len: self.split.file.len,
            });
        }
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
        self.map(task, out, None)
    }

    /// As [`MapAttempt::run`], with the records of `only` alone.
    ///
    /// # Errors
    /// See [`MapError`].
    pub fn run_only(
        &self,
        only: &Arc<Selection>,
        task: &mut dyn MapTask,
        out: &mut MapSink<'_>,
    ) -> Result<Mapped, MapError> {
        self.map(task, out, Some(only))
    }

    /// For people: the place of the record that starts `offset` bytes behind the start of its file. Reads the file
    /// again up to there.
    ///
    /// # Errors
    /// Those of the file.
    pub fn place(&self, offset: u64) -> Result<Place, MapError> {
        let (split, path) = (self.split, self.path()?);
        if let FileFormat::Parquet { .. } = split.file.format {
            return Ok(Place { offset, line: None });
        }
        let behind = offset.saturating_sub(reader::base(split));
        match line(&path, split, behind) {
            Ok(line) => Ok(Place {
                offset,
                line: Some(line),
            }),
            Err(source) => Err(MapError::Io { path, source }),
        }
    }

    fn map(
        &self,
        task: &mut dyn MapTask,
        out: &mut MapSink<'_>,
        only: Option<&Arc<Selection>>,
    ) -> Result<Mapped, MapError> {
        let (split, spec) = (self.split, self.spec);
        let path = self.path()?;
        let io = |source| MapError::Io {
            path: path.clone(),
            source,
        };
        let file = File::open(&path).map_err(io)?;
        unchanged(&file, &path, split)?;
        let reader = reader::open(&file, split, spec);
        let mut reader = reader.map_err(|error| explain(error, &path, split))?;
        if let Some(only) = only {
            reader.select(only.clone());
        }
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
            let past = only.is_some_and(|only| only.is_past());
            if !more || past || (spec.strict && reader.first_short().is_some()) {
                break;
            }
        }
        task.finish(out).map_err(failed)?;
        out.relieve().map_err(MapError::Spill)?;
        let first_short = match reader.first_short() {
            Some(FirstShort { at, lack }) => Some((locate(&path, split, at).map_err(io)?, lack)),
            None => None,
        };
        if let (Some((place, lack)), true) = (&first_short, spec.strict) {
            let (place, lack) = (place.clone(), *lack);
            return Err(MapError::Short { path, place, lack });
        }
        // A file that was cut short reads as a shorter one: only the planner's length tells.
        unchanged(&file, &path, split)?;
        let counters = Counters {
            bytes: split.end - split.start,
            emitted: out.emitted(),
            ..reader.counters()
        };
        let first_short =
            first_short.map(|(place, lack)| format!("{}: {place}: {lack}", path.display()));
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
        ReadError::Parquet { what } => return MapError::Parquet { path, what },
        ReadError::UnclosedQuote { at } => (at, None),
    };
    match (locate(&path, split, at), limit) {
        (Ok(place), Some(limit)) => MapError::TooLong { path, place, limit },
        (Ok(place), None) => MapError::UnclosedQuote { path, place },
        (Err(source), _) => MapError::Io { path, source },
    }
}

/// Where the record is that a reader placed `at`, for people.
fn locate(path: &Path, split: &Split, at: u64) -> io::Result<String> {
    if let FileFormat::Parquet { .. } = split.file.format {
        return Ok(format!("row {}", at + 1));
    }
    Ok(format!("line {}", line(path, split, at)?))
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
