//! A trial of a job: its input and settings.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use mapreduce_core::{JobError, JobSpec, Params, Tokenizer};
use mapreduce_shuffle::Scratch;

use super::input;
use super::outcome::TrialOutcome;
use super::running::Running;
use crate::binding::bind;
use crate::registry::Job;

/// Trial of a job in memory, with its input and settings.
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
    /// Creates a trial of `job` without parameters, with one split for each file and one reduce task.
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

    /// Sets a parameter.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// Adds a file to the first input. A name that ends in `.csv` makes it a CSV file; other files are text.
    #[must_use]
    pub fn input(self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.input_of(0, name, bytes)
    }

    /// Adds a file to the input with the index `input_index` in `job.input`, from 0.
    #[must_use]
    pub fn input_of(mut self, input_index: u16, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.inputs
            .push((input_index, name.to_owned(), bytes.into()));
        self
    }

    /// Sets the tokenizer. The default is `words`.
    #[must_use]
    pub fn tokenizer(self, tokenizer: Tokenizer) -> Self {
        Self { tokenizer, ..self }
    }

    /// Sets the approximate number of splits of each file.
    #[must_use]
    pub fn splits(self, splits: usize) -> Self {
        let splits = splits.max(1);
        Self { splits, ..self }
    }

    /// Sets the number of reduce tasks. It has no effect if the job requires another number.
    #[must_use]
    pub fn reduces(self, reduces: u32) -> Self {
        let reduces = reduces.max(1);
        Self { reduces, ..self }
    }

    /// Sets the memory of an attempt in bytes. The default is 8 MiB; a small value forces it to use local files.
    #[must_use]
    pub fn memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    /// Runs the tasks of the job one after the other, and returns the result.
    ///
    /// # Errors
    /// A parameter is invalid, the job's code fails, or a temporary file cannot be written.
    pub fn run(&self) -> Result<TrialOutcome, JobError> {
        let params: Params = self.params.clone().into_iter().collect();
        let shape = self.job.shape(&params)?;
        let folder = tempfile::tempdir()?;
        let mut roots: Vec<PathBuf> = Vec::new();
        for input_index in 0..=self.inputs.iter().map(|input| input.0).max().unwrap_or(0) {
            let path = folder.path().join(input_index.to_string());
            std::fs::create_dir(&path)?;
            roots.push(path);
        }
        let mut splits = Vec::new();
        for (input_index, name, bytes) in &self.inputs {
            let path = roots[usize::from(*input_index)].join(name);
            splits.extend(input::splits(
                &path,
                *input_index,
                name,
                bytes,
                self.splits,
                &shape,
            )?);
        }
        let (mut params, mut shape) = (params, shape);
        bind(
            &*self.job,
            roots.len(),
            &mut params,
            &mut shape,
            &mut splits,
        )?;
        let mut running = Running {
            job: &self.job,
            spec: JobSpec {
                name: self.job.info().name.to_owned(),
                tokenizer: self.tokenizer,
                top: shape.top,
                input_names: self.input_names(),
                reduces: shape.required_reduces.unwrap_or(self.reduces),
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
    /// Returns the indexes of the inputs as their names, or an empty list for a single input.
    fn input_names(&self) -> Vec<String> {
        let last = self.inputs.iter().map(|input| input.0).max();
        let names = 0..=last.unwrap_or(0);
        match last {
            None | Some(0) => Vec::new(),
            Some(_) => names.map(|input_index| input_index.to_string()).collect(),
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
