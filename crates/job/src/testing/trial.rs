//! A job to try, with its input and settings.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use mapreduce_core::{JobError, JobSpec, Params, Tokenizer};
use mapreduce_shuffle::Scratch;

use super::input;
use super::outcome::Outcome;
use super::running::Running;
use crate::registry::Job;

/// A job that is to be tried, and what on.
#[derive(Clone)]
pub struct Trial {
    job: Arc<dyn Job>,
    params: BTreeMap<String, String>,
    inputs: Vec<(u16, String, Vec<u8>)>,
    tokenizer: Tokenizer,
    splits: usize,
    reduces: u32,
    memory: usize,
}

impl Trial {
    /// Tries `job` without parameters, with one split for each file and one reduce task.
    pub fn new(job: Arc<dyn Job>) -> Self {
        Self {
            job,
            params: BTreeMap::new(),
            inputs: Vec::new(),
            tokenizer: Tokenizer::Words,
            splits: 1,
            reduces: 1,
            memory: 8 << 20,
        }
    }

    /// With this parameter.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// With a file of the first input. Its name tells its format as those of real files do: `.csv` is CSV.
    #[must_use]
    pub fn input(self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.input_of(0, name, bytes)
    }

    /// With a file of that place in `job.input`, from 0.
    #[must_use]
    pub fn input_of(mut self, root: u16, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.inputs.push((root, name.to_owned(), bytes.into()));
        self
    }

    /// With another tokenizer than `words`.
    #[must_use]
    pub fn tokenizer(self, tokenizer: Tokenizer) -> Self {
        Self { tokenizer, ..self }
    }

    /// With about so many splits for each file.
    #[must_use]
    pub fn splits(self, splits: usize) -> Self {
        let splits = splits.max(1);
        Self { splits, ..self }
    }

    /// With so many reduce tasks, unless the job wants a certain number of them.
    #[must_use]
    pub fn reduces(self, reduces: u32) -> Self {
        let reduces = reduces.max(1);
        Self { reduces, ..self }
    }

    /// With so many bytes of memory for an attempt: with few of them, it goes through local files.
    #[must_use]
    pub fn memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    /// Runs the job, one task after the other.
    ///
    /// # Errors
    /// Whatever fails: parameters, the job's code, temporary files.
    pub fn run(&self) -> Result<Outcome, JobError> {
        let params: Params = self.params.clone().into_iter().collect();
        let shape = self.job.shape(&params)?;
        let folder = tempfile::tempdir()?;
        let mut roots: Vec<PathBuf> = Vec::new();
        for root in 0..=self.inputs.iter().map(|input| input.0).max().unwrap_or(0) {
            let path = folder.path().join(root.to_string());
            std::fs::create_dir(&path)?;
            roots.push(path);
        }
        let mut splits = Vec::new();
        for (root, name, bytes) in &self.inputs {
            let path = roots[usize::from(*root)].join(name);
            splits.extend(input::splits(
                &path,
                *root,
                name,
                bytes,
                self.splits,
                &shape,
            )?);
        }
        let mut running = Running {
            job: &self.job,
            spec: JobSpec {
                name: self.job.info().name.to_owned(),
                tokenizer: self.tokenizer,
                top: shape.top,
                input_names: self.input_names(),
                reduces: shape.reduces.unwrap_or(self.reduces),
                params,
                shape,
                ..JobSpec::word_count(1)
            },
            roots,
            scratch: Scratch {
                memory: self.memory,
                folder: None,
            },
            counters: BTreeMap::new(),
        };
        running.run(&splits)
    }
}

impl Trial {
    /// The inputs by their numbers, if there are several.
    fn input_names(&self) -> Vec<String> {
        let last = self.inputs.iter().map(|input| input.0).max();
        let names = 0..=last.unwrap_or(0);
        match last {
            None | Some(0) => Vec::new(),
            Some(_) => names.map(|root| root.to_string()).collect(),
        }
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("job", self.job.info())
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}
