//! Jobs of several steps: which are done, and what the next one is to know.
//!
//! What is done is kept in a small file beside the results in between: the plan of each finished step, and what its
//! output was like. A step is done again if its plan has changed (other input, other settings), or its output.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use mapreduce::{PlanHash, Registry, StepOf};
use runtime::Step;
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
}

/// A finished step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Done {
    plan: String,
    output: Fingerprint,
}

/// What tells one output from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Fingerprint {
    path: PathBuf,
    len: u64,
    modified: u64,
}

impl Fingerprint {
    fn of(path: &Path) -> io::Result<Self> {
        let about = fs::metadata(path)?;
        let modified = about.modified()?.duration_since(UNIX_EPOCH);
        Ok(Self {
            path: path.to_path_buf(),
            len: about.len(),
            modified: modified.unwrap_or_default().as_nanos() as u64,
        })
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
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter()
    }

    /// What a master of step `nth` is to know.
    ///
    /// # Errors
    /// As for [`Options::new`].
    pub fn options(&self, nth: usize, registry: &Registry) -> Result<Options, MasterError> {
        let Step { name, settings } = &self.steps[nth];
        let mut options = Options::new(settings, registry)?;
        if let Some(name) = name {
            options.request.spec.step = Some(StepOf {
                nth: nth as u32,
                count: self.steps.len() as u32,
            });
            options.done = self.is_done(name, &settings.job.output);
        }
        Ok(options)
    }

    /// The plan of a finished step whose output is as it was.
    fn is_done(&self, name: &str, output: &Path) -> Option<PlanHash> {
        let done = self.done.get(name)?;
        let unchanged = Fingerprint::of(output).is_ok_and(|found| found == done.output);
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
            Fingerprint::of(&summary.output).and_then(|output| {
                let plan = summary.plan.to_string();
                self.done.insert(name.clone(), Done { plan, output });
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
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    output
        .with_file_name(format!("{stem}.steps"))
        .join("steps.json")
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
