//! The destination of a result: its paths, and the checks that need no lock.

use std::fs;
use std::path::{Path, PathBuf};

use mapreduce_core::{Aggregate, JobSpec};
use mapreduce_core::{ForeignSuffix, OutputFormat, OutputName};
use mapreduce_formats::input;
use mapreduce_formats::output::{RowLayout, can_compress, can_write_parquet};

use super::bad_records;
use super::error::OutputError;
use super::location::{Location, StreamTarget};
use crate::planner::Request;

/// Destination of the result of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination<'a> {
    /// The request, with the inputs and the specification of the job.
    pub(crate) request: &'a Request,
    /// The file for the result, or the folder for its part files.
    pub(crate) path: &'a Path,
    /// Format of the result.
    pub(crate) format: OutputFormat,
    /// True if CSV and TSV start with the names of the columns.
    pub(crate) header: bool,
    /// Specification of the job: that of the request, or of the plan once it is known.
    pub(crate) spec: &'a JobSpec,
    /// True if `output.format`, not the name of the output, sets the format.
    pub(crate) has_explicit_format: bool,
    /// True if a later master may resume the job. Otherwise nothing unpublished is kept.
    pub(crate) resumable: bool,
}

impl<'a> Destination<'a> {
    /// Returns the destination with the specification of the plan, which has the columns of the result.
    pub(crate) fn planned(self, spec: &'a JobSpec) -> Self {
        Self { spec, ..self }
    }

    /// Returns the layout of the result.
    pub(super) fn layout(&self) -> RowLayout {
        RowLayout::new(self.format, self.header, &self.spec.shape)
    }

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
        self.spec
    }

    pub(super) fn has_part_files(&self) -> bool {
        self.spec().part_files.is_some()
    }

    /// Rejects unusable destinations before the job starts.
    pub(super) fn check(&self) -> Result<(), OutputError> {
        self.check_suffix()?;
        self.check_bad_records()?;
        self.check_stream()?;
        if self.has_part_files() {
            self.check_part_files()?;
        }
        let Request {
            inputs, recursive, ..
        } = self.request;
        for written in self.paths().iter().chain(&self.bad_records_file()) {
            let file = match Location::of(written) {
                Ok(Location::File(file)) => file,
                Ok(Location::Stream(_)) => continue,
                Ok(Location::Folder) | Err(_) => written.clone(),
            };
            if let Some(input) = input::input_including(inputs, &file, *recursive) {
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

    /// Returns the stream that receives the result; `None` for a file or folder.
    pub(crate) fn stream(&self) -> Option<StreamTarget> {
        match Location::of(self.path) {
            Ok(Location::Stream(target)) => Some(target),
            _ => None,
        }
    }

    /// Rejects a suffix of an unsupported format or compression.
    fn check_suffix(&self) -> Result<(), OutputError> {
        let name = OutputName::of(self.path);
        let compressed_folder = self.has_part_files() && name.compression.is_some();
        // A program may be built without zstd.
        let unsupported = name.compression.is_some_and(|how| !can_compress(how));
        if self.format == OutputFormat::Parquet
            && (name.compression.is_some() || !can_write_parquet())
        {
            return Err(OutputError::Suffix {
                path: self.path.to_path_buf(),
                suffix: name.suffix,
                advice: match can_write_parquet() {
                    true => "Parquet is compressed inside, so remove the suffix of the compression",
                    false => {
                        "this program was built without Parquet support; build it with --features parquet"
                    }
                },
            });
        }
        let is_refused = match name.foreign {
            Some(ForeignSuffix::Format) => !self.has_explicit_format,
            Some(ForeignSuffix::Compression) => true,
            None => compressed_folder || unsupported,
        };
        if !is_refused {
            return Ok(());
        }
        let advice = match compressed_folder {
            true => {
                "part files are not compressed; name a folder without the suffix of a compression"
            }
            false => {
                "end its name with .json, .ndjson, .csv, .tsv or .txt, and with .gz or .zst after it to compress it"
            }
        };
        Err(OutputError::Suffix {
            path: self.path.to_path_buf(),
            suffix: name.suffix,
            advice,
        })
    }

    /// Rejects a stream as the output of a job that writes more than one file.
    fn check_stream(&self) -> Result<(), OutputError> {
        if self.stream().is_none() {
            return Ok(());
        }
        let spec = self.spec();
        let (setting, advice) = if self.has_part_files() {
            (
                "output.parts=true".to_owned(),
                "part files need a folder; set job.output to a folder",
            )
        } else if spec.skip_bad_records > 0 {
            (
                format!("job.skip_bad_records={}", spec.skip_bad_records),
                "the list of bad records is a file next to the output; set job.output to a file",
            )
        } else if !spec.shape.outputs.is_empty() {
            (
                format!("the job {}", spec.name),
                "the job writes several files; set job.output to a file",
            )
        } else {
            return Ok(());
        };
        Err(OutputError::Incompatible {
            setting,
            other: format!("job.output={:?}", self.path),
            advice,
        })
    }

    /// Rejects skipping of bad records if their lists cannot be stored.
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

    /// Rejects settings that cannot be combined with part files.
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
    let OutputName { stem, suffix, .. } = OutputName::of(main);
    main.with_file_name(format!("{stem}.{name}{suffix}"))
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
