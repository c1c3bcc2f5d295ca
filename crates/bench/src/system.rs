//! The programs that are measured against each other.

use std::path::{Path, PathBuf};

/// A program, or a group of programs, that counts the words of the column `text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub(crate) enum System {
    /// `mapreduce run`: one process
    Embedded,
    /// Redis, one master and one worker
    Cluster,
    /// The same cluster with live aggregation inside Redis
    Live,
    /// `DuckDB` through Python with the same number of threads
    Duckdb,
    /// The streaming engine of Polars through Python with the same number of threads
    Polars,
    /// The straightforward Rust program on one thread
    Serial,
}

/// Aggregation of our own programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Aggregate {
    Shuffle,
    Live,
}

impl Aggregate {
    /// The setting that selects it.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Shuffle => "job.aggregate=shuffle",
            Self::Live => "job.aggregate=live",
        }
    }
}

impl System {
    /// Name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Cluster => "cluster",
            Self::Live => "cluster, live",
            Self::Duckdb => "DuckDB",
            Self::Polars => "Polars",
            Self::Serial => "serial Rust",
        }
    }

    /// Returns whether this is one of our own programs.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Embedded | Self::Cluster | Self::Live)
    }

    /// Folders of the crates whose release programs it runs.
    pub(crate) fn crates(self) -> &'static [&'static str] {
        match self {
            Self::Embedded => &["cli"],
            Self::Cluster | Self::Live => &["master", "worker"],
            Self::Serial => &["bench"],
            Self::Duckdb | Self::Polars => &[],
        }
    }

    /// Path of the result in `folder`. Python modules write CSV.
    pub(crate) fn output(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::Embedded => "embedded.json",
            Self::Cluster => "cluster.json",
            Self::Live => "live.json",
            Self::Duckdb => "duckdb.csv",
            Self::Polars => "polars.csv",
            Self::Serial => "serial.json",
        })
    }
}
