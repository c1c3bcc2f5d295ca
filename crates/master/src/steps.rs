//! Jobs of several steps: the options of each step, and the state that lets the next run skip finished steps.
//!
//! The state is a small file next to the intermediate results. It holds the plan of each finished step and a
//! fingerprint of its output. A step is rerun if its plan has changed, because of other input or other settings, or its
//! output.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use mapreduce_core::{Columns, InputFormat, OutputFormat};
use mapreduce_core::{JobId, PlanHash, StepPosition};
use mapreduce_job::Registry;
use serde::{Deserialize, Serialize};
use settings::{Step, steps_folder};
use tracing::warn;

use crate::error::MasterError;
use crate::options::MasterOptions;
use crate::output::Location;
use crate::summary::Summary;

/// Steps of a job. A job without steps counts as one step.
#[derive(Debug)]
pub struct Steps {
    steps: Vec<Step>,
    /// File of the state; `None` for a job without steps.
    file: Option<PathBuf>,
    /// Finished steps by name.
    finished: BTreeMap<String, FinishedStep>,
    /// Output paths of each step, once they are known.
    outputs: Vec<Vec<PathBuf>>,
    /// Result of the step that finished last.
    last_result: Option<StepResult>,
}

/// Result of a finished step, as the input of the next one.
#[derive(Debug)]
struct StepResult {
    output: PathBuf,
    format: OutputFormat,
    /// True if the rows are lines of text, without columns.
    has_lines: bool,
    /// True if the first line of a table has the names of the columns.
    has_header: bool,
}

/// Finished step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FinishedStep {
    plan: String,
    /// Format of the result. It is part of the plan only if tasks write the result.
    format: OutputFormat,
    files: Vec<Fingerprint>,
}

/// Fingerprint of a file, which changes with its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Fingerprint {
    path: PathBuf,
    len: u64,
    modified: u64,
}

impl Fingerprint {
    /// Appends the fingerprint of a file, or of all files of a folder in order.
    fn all(path: &Path, into: &mut Vec<Self>) -> io::Result<()> {
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            for entry in fs::read_dir(path)? {
                Self::all(&entry?.path(), into)?;
            }
            into.sort_unstable();
            return Ok(());
        }
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
        into.push(Self {
            path: path.to_path_buf(),
            len: metadata.len(),
            modified: modified.unwrap_or_default().as_nanos() as u64,
        });
        Ok(())
    }

    /// Returns the fingerprints of all outputs of a step.
    fn of(outputs: &[PathBuf]) -> io::Result<Vec<Self>> {
        let mut files = Vec::new();
        for path in outputs {
            Self::all(path, &mut files)?;
        }
        Ok(files)
    }
}

impl Steps {
    /// Returns the steps, of which there must be at least one, with the state that earlier runs have saved.
    pub fn new(steps: Vec<Step>) -> Self {
        let last = steps.last().filter(|step| step.name.is_some());
        let file = last.map(|step| state_file(&step.settings.job.output));
        let saved = file.as_deref().and_then(|file| fs::read(file).ok());
        // A damaged file, or one of another version, only means that all steps are rerun.
        let finished = saved.and_then(|saved| serde_json::from_slice(&saved).ok());
        Self {
            steps,
            file,
            finished: finished.unwrap_or_default(),
            outputs: Vec::new(),
            last_result: None,
        }
    }

    /// Iterates over the steps.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter()
    }

    /// Returns the options of all steps, so that mistakes in a later step are found before the first one starts.
    ///
    /// # Errors
    /// As for [`MasterOptions::new`].
    pub fn options(&mut self, registry: &Registry) -> Result<Vec<MasterOptions>, MasterError> {
        let count = self.steps.len() as u32;
        let mut all = Vec::with_capacity(self.steps.len());
        for (index, Step { name, settings }) in (0..).zip(&self.steps) {
            let mut options = MasterOptions::new(settings, registry)?;
            if let Some(name) = name {
                options.request.spec.step = Some(StepPosition { index, count });
                // Each step is a separate job, so it needs a separate id.
                options.id =
                    (options.id).and_then(|id| JobId::new(format!("{id}-{}", index + 1)).ok());
                options.done = self.finished_plan(name, &options);
            }
            self.outputs.push(options.destination().paths());
            all.push(options);
        }
        Ok(all)
    }

    /// Sets how the next step reads its input, if the step before wrote it and no setting decides: a TSV file of lines as
    /// keys and values, and other TSV files as tables, whose rows are the lines of jobs that read lines.
    pub fn connect(&self, next: &mut MasterOptions) {
        let request = &mut next.request;
        let Some(before) = self.last_result.as_ref().filter(|before| {
            before.format == OutputFormat::Tsv
                && request.format == InputFormat::Auto
                && request.inputs[..] == [before.output.clone()]
        }) else {
            return;
        };
        match before.has_lines {
            // A job that reads tables or lines gets the lines.
            true if request.spec.shape.columns == Columns::AllOrLine => {
                request.format = InputFormat::Text;
            }
            true => request.format = InputFormat::KeyValue,
            false => (request.rows_as_lines, request.header) = (true, before.has_header),
        }
    }

    /// Returns the plan of a step, if the step is finished and its output unchanged.
    fn finished_plan(&self, name: &str, options: &MasterOptions) -> Option<PlanHash> {
        let finished = self.finished.get(name)?;
        let files = Fingerprint::of(&options.destination().paths()).ok()?;
        let unchanged = files == finished.files && options.format == finished.format;
        unchanged.then(|| finished.plan.parse().ok()).flatten()
    }

    /// Records that step `index` is finished, so that the next run skips it. The last step deletes the state.
    pub fn mark_finished(&mut self, index: usize, summary: &Summary) {
        self.last_result = Some(StepResult {
            output: summary.output.clone(),
            format: summary.format,
            has_lines: summary.has_lines,
            has_header: self.steps[index].settings.output.header,
        });
        let (Some(file), Some(name)) = (&self.file, &self.steps[index].name) else {
            return;
        };
        let saved = if index + 1 == self.steps.len() {
            fs::remove_file(file).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })
        } else {
            Fingerprint::of(&self.outputs[index]).and_then(|files| {
                let (plan, format) = (summary.plan.to_string(), summary.format);
                let finished = FinishedStep {
                    plan,
                    format,
                    files,
                };
                self.finished.insert(name.clone(), finished);
                save(file, &self.finished)
            })
        };
        if let Err(error) = saved {
            warn!(file = %file.display(), %error, "cannot save the state of the steps; after an interruption, the next run starts with the first step");
        }
    }
}

/// Returns the path of the state: `results.steps/steps.json` next to `results.json`.
fn state_file(output: &Path) -> PathBuf {
    steps_folder(output).join("steps.json")
}

/// Saves the state atomically: under a temporary name first, then under its final one.
fn save(file: &Path, finished: &BTreeMap<String, FinishedStep>) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let Location::File(file) = Location::of(file)? else {
        return Err(io::Error::other("not the path of a regular file"));
    };
    let temporary = file.with_extension("tmp");
    let mut out = fs::File::create(&temporary)?;
    serde_json::to_writer(&mut out, finished)?;
    out.flush()?;
    out.sync_all()?;
    fs::rename(temporary, file)
}
