//! The job that all systems run.

use std::path::Path;

use crate::paths::utf8;
use crate::system::Aggregate;

/// Input and resources of the word count.
#[derive(Debug, Clone)]
pub(crate) struct WordCountJob<'a> {
    pub(crate) input: &'a Path,
    /// Folder of outputs, scripts and logs.
    pub(crate) folder: &'a Path,
    /// Number of slots or threads.
    pub(crate) threads: usize,
    pub(crate) aggregate: Aggregate,
}

/// Arguments that our own programs share.
#[derive(Debug)]
pub(crate) struct OwnArgs(Vec<String>);

impl OwnArgs {
    /// Returns the arguments of the job with this aggregation.
    pub(crate) fn new(job: &WordCountJob<'_>, aggregate: Aggregate) -> anyhow::Result<Self> {
        let line = format!(
            "--format csv --column text --tokenizer spaces --slots {} --set {}",
            job.threads,
            aggregate.setting()
        );
        let mut args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        args.push(utf8(job.input)?.to_owned());
        Ok(Self(args))
    }

    /// The arguments one by one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
