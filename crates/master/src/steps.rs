//! Jobs of several steps: which are done, and what the next one is to know.
//!
//! What is done is kept in a small file beside the results in between: the plan of each finished step, and what its
//! output was like. A step is done again if its plan has changed (other input, other settings), or its output.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use mapreduce::output::OutputFormat;
use mapreduce::{JobId, PlanHash, Registry, StepOf};
use runtime::{Step, steps_folder};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::error::MasterError;
use crate::options::Options;
use crate::summary::Summary;

/// The steps of a job; one for a job without steps.
#[derive(Debug)]
pub struct Steps {
    steps: Vec<Step>,
    /// Where it is kept what is done; `None` for a job without steps.
    file: Option<PathBuf>,
    done: BTreeMap<String, Done>,
    /// What each step writes, once that is known.
    written: Vec<Vec<PathBuf>>,
}

/// A finished step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Done {
    plan: String,
    /// The layout of its result: a part of the plan only where tasks write it.
    format: OutputFormat,
    files: Vec<Fingerprint>,
}

/// What tells one file from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Fingerprint {
    path: PathBuf,
    len: u64,
    modified: u64,
}

impl Fingerprint {
    /// Of a file, or of all files of a folder, in order.
    fn all(path: &Path, into: &mut Vec<Self>) -> io::Result<()> {
        let about = fs::metadata(path)?;
        if about.is_dir() {
            for entry in fs::read_dir(path)? {
                Self::all(&entry?.path(), into)?;
            }
            into.sort_unstable();
            return Ok(());
        }
        let modified = about.modified()?.duration_since(UNIX_EPOCH);
        into.push(Self {
            path: path.to_path_buf(),
            len: about.len(),
            modified: modified.unwrap_or_default().as_nanos() as u64,
        });
        Ok(())
    }

    /// Of all files that a step writes.
    fn of(written: &[PathBuf]) -> io::Result<Vec<Self>> {
        let mut files = Vec::new();
        for path in written {
            Self::all(path, &mut files)?;
        }
        Ok(files)
    }
}

impl Steps {
    /// These steps, at least one, and what is known of those that are done.
    pub fn new(steps: Vec<Step>) -> Self {
        let last = steps.last().filter(|step| step.name.is_some());
        let file = last.map(|step| state_file(&step.settings.job.output));
        let known = file.as_deref().and_then(|file| fs::read(file).ok());
        // Half a file, or another version's: all is done again.
        let done = known.and_then(|known| serde_json::from_slice(&known).ok());
        Self {
            steps,
            file,
            done: done.unwrap_or_default(),
            written: Vec::new(),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter()
    }

    /// What the masters of all steps are to know: mistakes in a later one are found before the first begins.
    ///
    /// # Errors
    /// As for [`Options::new`].
    pub fn options(&mut self, registry: &Registry) -> Result<Vec<Options>, MasterError> {
        let count = self.steps.len() as u32;
        let mut all = Vec::with_capacity(self.steps.len());
        for (nth, Step { name, settings }) in (0..).zip(&self.steps) {
            let mut options = Options::new(settings, registry)?;
            if let Some(name) = name {
                options.request.spec.step = Some(StepOf { nth, count });
                // Each step is a job of its own.
                options.id =
                    (options.id).and_then(|id| JobId::new(format!("{id}-{}", nth + 1)).ok());
                options.done = self.is_done(name, &options);
            }
            self.written.push(options.written());
            all.push(options);
        }
        Ok(all)
    }

    /// The plan of a finished step whose output is as it was.
    fn is_done(&self, name: &str, options: &Options) -> Option<PlanHash> {
        let done = self.done.get(name)?;
        let files = Fingerprint::of(&options.written()).ok()?;
        let unchanged = files == done.files && options.format == done.format;
        unchanged.then(|| done.plan.parse().ok()).flatten()
    }

    /// Step `nth` is finished: the next run need not do it again. After the last one all is forgotten.
    pub fn finished(&mut self, nth: usize, summary: &Summary) {
        let (Some(file), Some(name)) = (&self.file, &self.steps[nth].name) else {
            return;
        };
        let kept = if nth + 1 == self.steps.len() {
            fs::remove_file(file).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })
        } else {
            Fingerprint::of(&self.written[nth]).and_then(|files| {
                let (plan, format) = (summary.plan.to_string(), summary.format);
                let done = Done {
                    plan,
                    format,
                    files,
                };
                self.done.insert(name.clone(), done);
                write(file, &self.done)
            })
        };
        if let Err(error) = kept {
            warn!(file = %file.display(), %error, "it is not kept which steps are done; if this run is interrupted, the next one begins anew");
        }
    }
}

/// `results.steps/steps.json` beside `results.json`.
fn state_file(output: &Path) -> PathBuf {
    steps_folder(output).join("steps.json")
}

/// Whole or not at all.
fn write(file: &Path, done: &BTreeMap<String, Done>) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = file.with_extension("tmp");
    let mut out = fs::File::create(&temporary)?;
    serde_json::to_writer(&mut out, done)?;
    out.flush()?;
    out.sync_all()?;
    fs::rename(temporary, file)
}
