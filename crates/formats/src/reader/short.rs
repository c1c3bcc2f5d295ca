//! Records that lack something.

use std::fmt;

/// What a record lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    /// A row has fewer cells than the header.
    Cells,
    /// A line is no JSON.
    Json,
    /// The only JSON pointer leads to nothing.
    Value,
    /// The only column of a Parquet file holds nothing in a row.
    Null,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cells => "fewer cells than the header",
            Self::Json => "no JSON",
            Self::Value => "no value where input.pointer leads",
            Self::Null => "no value in the column",
        })
    }
}

/// The first record that lacks something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstShort {
    /// Its offset in the split, in bytes; of Parquet, its row in the file, from 0.
    pub at: u64,
    /// What it lacks.
    pub lack: Lack,
}

/// Records that lack something.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Short {
    pub(super) records: u64,
    pub(super) first: Option<FirstShort>,
}

impl Short {
    /// Counts one.
    pub(super) fn add(&mut self, at: u64, lack: Lack) {
        self.records += 1;
        self.first.get_or_insert(FirstShort { at, lack });
    }
}
