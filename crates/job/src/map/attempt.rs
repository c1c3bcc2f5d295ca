//! One attempt at a map task.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mapreduce_core::{Counters, JobSpec, Split};
use mapreduce_formats::reader::{FirstDefect, RecordDefect, Records, Selection};
use mapreduce_formats::{input, reader};
use mapreduce_shuffle::ShuffleError;

use super::error::MapError;
use super::location::{RecordLocation, describe_location};
use crate::task::{MapFault, MapSink, MapTask};

/// One attempt at a map task: the split and the job it belongs to.
#[derive(Debug)]
pub struct MapAttempt<'a> {
    /// Input files and folders of the job, as paths of this machine.
    pub inputs: &'a [PathBuf],
    /// Range of the input to map.
    pub split: &'a Split,
    /// Description of the job.
    pub spec: &'a JobSpec,
    /// Set to true to cancel the attempt.
    pub cancelled: &'a AtomicBool,
}

/// Outcome of a successful map attempt, without the emitted pairs.
#[derive(Debug)]
pub struct MapOutcome {
    /// Counters of the attempt.
    pub counters: Counters,
    /// Defects of records, in the order of the first record with each.
    pub defects: Vec<FoundDefect>,
}

/// A defect that occurred in the split of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDefect {
    /// The defect.
    pub defect: RecordDefect,
    /// Number of records with the defect.
    pub records: u64,
    /// File and location of the first record with the defect.
    pub first: String,
}

impl MapAttempt<'_> {
    /// Returns the path of the split's file on this machine.
    ///
    /// # Errors
    /// The file lies outside of the input, or the split exceeds its file.
    pub fn path(&self) -> Result<PathBuf, MapError> {
        if !self.split.lies_in_its_file() {
            return Err(MapError::CorruptSplit {
                file: self.split.file.path.clone(),
                start: self.split.start,
                end: self.split.end,
                len: self.split.file.len,
            });
        }
        input::resolve(self.inputs, &self.split.file).ok_or_else(|| MapError::OutsideInput {
            file: self.split.file.path.clone(),
        })
    }

    /// Passes the records of the split to `task`, which emits pairs to `out`. The call is CPU-bound, so run it outside
    /// of async threads.
    ///
    /// If the task is deterministic, the same split of the same bytes gives the same pairs and counters. The attempt
    /// stops soon after `cancelled` is set.
    ///
    /// # Errors
    /// See [`MapError`].
    pub fn run(
        &self,
        task: &mut dyn MapTask,
        out: &mut MapSink<'_>,
    ) -> Result<MapOutcome, MapError> {
        self.map(task, out, None)
    }

    /// Passes only the records in `only` to `task`. Otherwise the same as [`MapAttempt::run`].
    ///
    /// # Errors
    /// See [`MapError`].
    pub fn run_only(
        &self,
        only: &Arc<Selection>,
        task: &mut dyn MapTask,
        out: &mut MapSink<'_>,
    ) -> Result<MapOutcome, MapError> {
        self.map(task, out, Some(only))
    }

    /// Returns the location of the record that starts at `offset` in its file, for messages. Reads the file up to
    /// there.
    ///
    /// # Errors
    /// The file cannot be read, or the plan is corrupt.
    pub fn locate(&self, offset: u64) -> Result<RecordLocation, MapError> {
        let path = self.path()?;
        RecordLocation::find(&path, self.split, offset)
            .map_err(|source| MapError::Io { path, source })
    }

    fn map(
        &self,
        task: &mut dyn MapTask,
        out: &mut MapSink<'_>,
        only: Option<&Arc<Selection>>,
    ) -> Result<MapOutcome, MapError> {
        let (split, spec) = (self.split, self.spec);
        let path = self.path()?;
        let io = |source| MapError::Io {
            path: path.clone(),
            source,
        };
        let file = File::open(&path).map_err(io)?;
        check_unchanged(&file, &path, split)?;
        let reader = reader::open(&file, split, spec);
        let mut reader = reader.map_err(|error| MapError::of_reader(error, &path, split))?;
        if let Some(only) = only {
            reader.select(only.clone());
        }
        self.map_all(&mut reader, task, out, only)
            .map_err(|fault| map_error(fault, &file, &path, split))?;
        let mut defects = Vec::new();
        for FirstDefect {
            at,
            defect,
            records,
        } in reader.first_defects()
        {
            let location = describe_location(&path, split, at).map_err(io)?;
            if spec.strict {
                return Err(MapError::DefectiveRecord {
                    path,
                    location,
                    defect,
                });
            }
            let first = format!("{}: {location}", path.display());
            defects.push(FoundDefect {
                defect,
                records,
                first,
            });
        }
        // A truncated text file reads as a valid shorter one. Only the planned length reveals it.
        check_unchanged(&file, &path, split)?;
        let counters = Counters {
            bytes: split.end - split.start,
            emitted: out.emitted(),
            ..reader.counters()
        };
        Ok(MapOutcome { counters, defects })
    }

    /// Maps all records of `reader`, or those of `only`.
    fn map_all(
        &self,
        reader: &mut Records<'_>,
        task: &mut dyn MapTask,
        out: &mut MapSink<'_>,
        only: Option<&Arc<Selection>>,
    ) -> Result<(), MapStop> {
        loop {
            let more = task.batch(reader, out).map_err(MapStop::Fault)?;
            out.spill_if_full().map_err(MapStop::Spill)?;
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(MapStop::Cancelled);
            }
            let past = only.is_some_and(|only| only.is_past());
            if !more || past || (self.spec.strict && reader.has_defects()) {
                break;
            }
        }
        task.finish(out).map_err(MapStop::Fault)?;
        out.spill_if_full().map_err(MapStop::Spill)
    }
}

/// Reason why the records of a split were not mapped to the end.
enum MapStop {
    Fault(MapFault),
    Spill(ShuffleError),
    Cancelled,
}

fn map_error(stop: MapStop, file: &File, path: &Path, split: &Split) -> MapError {
    match stop {
        // A truncated file looks like a damaged one, so the change is the better reason.
        MapStop::Fault(MapFault::Read(error)) => match check_unchanged(file, path, split) {
            Ok(()) => MapError::of_reader(error, path, split),
            Err(changed) => changed,
        },
        MapStop::Cancelled | MapStop::Fault(MapFault::Spill(ShuffleError::Cancelled)) => {
            MapError::Cancelled
        }
        MapStop::Spill(error) | MapStop::Fault(MapFault::Spill(error)) => MapError::Spill(error),
        MapStop::Fault(MapFault::Job { at, error }) => MapError::Job {
            path: path.to_path_buf(),
            at,
            error,
        },
    }
}

/// Checks that the file has the planned length and modification time.
fn check_unchanged(file: &File, path: &Path, split: &Split) -> Result<(), MapError> {
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
