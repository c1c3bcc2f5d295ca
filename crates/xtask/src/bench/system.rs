//! The programs that are measured against each other.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::figures::Run;
use super::{cluster, python};
use crate::measure::measure;
use crate::workspace::release_binary;

/// A program, or several together, that counts the words of the column `text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub(super) enum System {
    /// `mapreduce run`: one process.
    Embedded,
    /// Redis, one master, one worker.
    Cluster,
    /// The same, with counts summed inside Redis.
    Live,
    /// DuckDB through Python, with as many threads as we have.
    Duckdb,
    /// Polars through Python, its streaming engine, with as many threads as we have.
    Polars,
    /// The obvious Rust program on one thread.
    Serial,
}

/// How our own programs sum up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Aggregate {
    Shuffle,
    Live,
}

impl Aggregate {
    /// The setting that asks for it.
    pub(super) fn setting(self) -> &'static str {
        match self {
            Self::Shuffle => "job.aggregate=shuffle",
            Self::Live => "job.aggregate=live",
        }
    }
}

/// What is to be counted, and how.
#[derive(Debug, Clone)]
pub(super) struct Job<'a> {
    pub(super) input: &'a Path,
    /// The folder of outputs, scripts and logs.
    pub(super) folder: &'a Path,
    pub(super) threads: usize,
    pub(super) aggregate: Aggregate,
}

impl System {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Cluster => "cluster",
            Self::Live => "cluster, live",
            Self::Duckdb => "DuckDB",
            Self::Polars => "Polars",
            Self::Serial => "serial Rust",
        }
    }

    /// Whether it is one of our own.
    pub(super) fn is_ours(self) -> bool {
        matches!(self, Self::Embedded | Self::Cluster | Self::Live)
    }

    /// Packages whose release binaries it runs.
    pub(super) fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Embedded => &["cli"],
            Self::Cluster | Self::Live => &["master", "worker"],
            Self::Serial => &["xtask"],
            Self::Duckdb | Self::Polars => &[],
        }
    }

    /// Where its result goes; modules of Python write CSV.
    pub(super) fn output(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::Embedded => "embedded.json",
            Self::Cluster => "cluster.json",
            Self::Live => "live.json",
            Self::Duckdb => "duckdb.csv",
            Self::Polars => "polars.csv",
            Self::Serial => "serial.json",
        })
    }

    /// Does the job once.
    pub(super) fn run(self, job: &Job<'_>) -> anyhow::Result<Run> {
        let path = self.output(job.folder);
        // A result of an earlier run must not pass for one of this run.
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        let (input, output) = (utf8(job.input)?, utf8(&path)?);
        let threads = job.threads.to_string();
        let log = job.folder.join("run.log");
        let usage = match self {
            Self::Embedded => {
                let mut args = vec!["run"];
                let ours = Ours::new(job, job.aggregate)?;
                args.extend(ours.args());
                args.extend(["--output", output]);
                measure(&release_binary("mapreduce"), &args, &log)
            }
            Self::Cluster => return cluster::run(&Ours::new(job, job.aggregate)?, output, job),
            Self::Live => return cluster::run(&Ours::new(job, Aggregate::Live)?, output, job),
            Self::Serial => measure(&release_binary("serial"), &[input, "text", output], &log),
            Self::Duckdb | Self::Polars => {
                let (module, _) = python::module(self).context("a module of Python")?;
                let script = python::script(job.folder, module);
                let args = [utf8(&script)?, input, "text", &threads, output];
                measure(&python::python(), &args, &log)
            }
        }?;
        Ok(Run {
            usage,
            cluster: None,
        })
    }
}

/// The arguments that our programs share.
#[derive(Debug)]
pub(super) struct Ours {
    args: Vec<String>,
}

impl Ours {
    pub(super) fn new(job: &Job<'_>, aggregate: Aggregate) -> anyhow::Result<Self> {
        let line = format!(
            "--format csv --column text --tokenizer spaces --slots {} --set {}",
            job.threads,
            aggregate.setting()
        );
        let mut args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        args.push(utf8(job.input)?.to_owned());
        Ok(Self { args })
    }

    pub(super) fn args(&self) -> impl Iterator<Item = &str> {
        self.args.iter().map(String::as_str)
    }
}

pub(super) fn utf8(path: &Path) -> anyhow::Result<&str> {
    path.to_str()
        .with_context(|| format!("not a UTF-8 path: {}", path.display()))
}
