//! The programs that are measured against each other.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::duckdb;
use crate::measure::{Usage, measure};
use crate::workspace::release_binary;

/// A program that counts the words of the column `text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// `mapreduce run`, embedded.
    Ours,
    Peer(Peer),
}

/// Whom we are measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Peer {
    /// The obvious Rust program on one thread.
    Serial,
    /// DuckDB through Python, with as many threads as we have.
    Duckdb,
}

impl System {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "mapreduce run",
            Self::Peer(Peer::Serial) => "serial Rust",
            Self::Peer(Peer::Duckdb) => "DuckDB",
        }
    }

    /// Where its result goes.
    pub(super) fn output(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::Ours => "ours.json",
            Self::Peer(Peer::Serial) => "serial.json",
            Self::Peer(Peer::Duckdb) => "duckdb.csv",
        })
    }

    /// Runs the program once on `input`.
    pub(super) fn run(self, input: &Path, folder: &Path, threads: usize) -> anyhow::Result<Usage> {
        let output = self.output(folder);
        // A result of an earlier run must not pass for one of this run.
        if output.exists() {
            fs::remove_file(&output)
                .with_context(|| format!("cannot remove {}", output.display()))?;
        }
        let (input, output) = (utf8(input)?, utf8(&output)?);
        let threads = threads.to_string();
        match self {
            Self::Ours => {
                let line = format!(
                    "run --format csv --column text --tokenizer spaces --slots {threads} --output"
                );
                let mut args: Vec<&str> = line.split(' ').collect();
                args.extend([output, input]);
                measure(&release_binary("mapreduce"), &args)
            }
            Self::Peer(Peer::Serial) => {
                measure(&release_binary("serial"), &[input, "text", output])
            }
            Self::Peer(Peer::Duckdb) => {
                let script = duckdb::script(folder);
                let args = [utf8(&script)?, input, "text", &threads, output];
                measure(&duckdb::python(), &args)
            }
        }
    }
}

fn utf8(path: &Path) -> anyhow::Result<&str> {
    path.to_str()
        .with_context(|| format!("not a UTF-8 path: {}", path.display()))
}
