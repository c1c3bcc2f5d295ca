//! The destination of a result: its paths, and the checks that need no lock.

use std::fs;
use std::path::{Path, PathBuf};

use mapreduce_core::OutputFormat;
use mapreduce_core::{Aggregate, JobSpec};
use mapreduce_formats::input;

use super::bad_records;
use super::error::OutputError;
use crate::planner::Request;

/// Destination of the result of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination<'a> {
    /// The request, which says what is read and what is written.
    pub(crate) request: &'a Request,
    /// The file for the result, or the folder for its part files.
    pub(crate) path: &'a Path,
    /// Format of the result.
    pub(crate) format: OutputFormat,
    /// True if a later master may resume the job. Otherwise nothing unpublished is kept.
    pub(crate) resumable: bool,
}

impl Destination<'_> {
    /// Returns the files of the result, the main one first, or the folder of its part files.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let names = &self.spec().shape.outputs;
        let others = names.iter().map(|name| named_output(self.path, name));
        std::iter::once(self.path.to_path_buf())
            .chain(others)
            .collect()
    }

    /// Returns the file for the list of bad records; `None` if the job must not skip any record.
    pub(crate) fn bad_records_file(&self) -> Option<PathBuf> {
        (self.spec().skip_bad_records > 0)
            .then(|| bad_records::path(self.path, self.has_part_files()))
    }

    pub(super) fn spec(&self) -> &JobSpec {
        &self.request.spec
    }

    pub(super) fn has_part_files(&self) -> bool {
        self.spec().part_files.is_some()
    }

    /// Refuses destinations that cannot work, before the job starts.
    pub(super) fn check(&self) -> Result<(), OutputError> {
        self.check_bad_records()?;
        if self.has_part_files() {
            self.check_part_files()?;
        }
        for written in self.paths().iter().chain(&self.bad_records_file()) {
            let Request {
                inputs, recursive, ..
            } = self.request;
            if let Some(input) = input::input_including(inputs, written, *recursive) {
                let (input, output) = (input.to_path_buf(), written.clone());
                return Err(OutputError::OutputIsInput { output, input });
            }
        }
        if self.has_part_files()
            && let Some(input) = input_inside(&self.request.inputs, self.path)
        {
            let (input, output) = (input.to_path_buf(), self.path.to_path_buf());
            return Err(OutputError::InputInOutput { output, input });
        }
        Ok(())
    }

    /// Refuses to skip bad records if their lists could not be stored.
    fn check_bad_records(&self) -> Result<(), OutputError> {
        let spec = self.spec();
        match (spec.skip_bad_records, spec.aggregate) {
            (1.., Aggregate::Live) => Err(OutputError::Incompatible {
                setting: format!("job.skip_bad_records={}", spec.skip_bad_records),
                other: "job.aggregate=live".to_owned(),
                advice: "live aggregation cannot store the list of bad records; set job.aggregate=shuffle",
            }),
            _ => Ok(()),
        }
    }

    /// Refuses settings that exclude part files.
    fn check_part_files(&self) -> Result<(), OutputError> {
        let spec = self.spec();
        let (other, advice) = match (spec.aggregate, spec.top) {
            (Aggregate::Live, _) => (
                "job.aggregate=live".to_owned(),
                "live aggregation has no reduce tasks to write part files; set job.aggregate=shuffle",
            ),
            _ if !spec.shape.outputs.is_empty() => (
                format!("the job {}", spec.name),
                "the job has several outputs; set output.parts=false",
            ),
            (_, Some(top)) => (
                match spec.shape.top {
                    Some(_) => format!("the job {}, which writes {top} rows", spec.name),
                    None => format!("output.top={top}"),
                },
                "each part file would have its own top rows; set output.parts=false",
            ),
            _ => return Ok(()),
        };
        Err(OutputError::Incompatible {
            setting: "output.parts=true".to_owned(),
            other,
            advice,
        })
    }
}

/// Returns the file for the output `name` of a job whose main output is `main`: `results.name.json` next to
/// `results.json`.
fn named_output(main: &Path, name: &str) -> PathBuf {
    let stem = main.file_stem().unwrap_or_default().to_string_lossy();
    let extension = main
        .extension()
        .map(|extension| extension.to_string_lossy());
    main.with_file_name(match extension {
        Some(extension) => format!("{stem}.{name}.{extension}"),
        None => format!("{stem}.{name}"),
    })
}

/// Returns the input that lies in the folder `output`. Replacing the folder would delete it.
fn input_inside<'a>(inputs: &'a [PathBuf], output: &Path) -> Option<&'a Path> {
    let output = fs::canonicalize(output).ok()?;
    let inside = |input: &&PathBuf| {
        let folder = fs::canonicalize(input::containing_folder(input));
        folder.is_ok_and(|input| input.starts_with(&output))
    };
    inputs.iter().find(inside).map(PathBuf::as_path)
}
