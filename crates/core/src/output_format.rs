//! Formats of result files.

use serde::{Deserialize, Serialize};

/// Format of a result file.
///
/// JSON contains U+FFFD in place of invalid UTF-8. The other formats keep all bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// One array of objects, or one object from keys to values; indented by two spaces, with a newline at the end.
    Json,
    /// One object per line.
    Ndjson,
    /// CSV by RFC 4180 with a header. Lines end with LF.
    Csv,
    /// Like CSV, with tabs between the cells.
    Tsv,
    /// Cells separated by tabs, as they are and without a header.
    Text,
    /// Parquet, with a type for each column.
    Parquet,
}

impl OutputFormat {
    /// All formats with their names. A name is also the file extension.
    pub const ALL: [(&'static str, Self); 6] = [
        ("json", Self::Json),
        ("ndjson", Self::Ndjson),
        ("csv", Self::Csv),
        ("tsv", Self::Tsv),
        ("txt", Self::Text),
        ("parquet", Self::Parquet),
    ];

    /// Returns the format for a file extension in lower case, without its dot.
    pub fn from_extension(extension: &str) -> Option<Self> {
        let name = match extension {
            "jsonl" => "ndjson",
            other => other,
        };
        let named = Self::ALL.iter().find(|(word, _)| *word == name);
        named.map(|(_, format)| *format)
    }

    /// Returns the delimiter between cells of formats that have the grammar of CSV.
    pub fn delimiter(self) -> Option<u8> {
        match self {
            Self::Csv => Some(b','),
            Self::Tsv => Some(b'\t'),
            Self::Json | Self::Ndjson | Self::Text | Self::Parquet => None,
        }
    }

    /// Returns the name of the format, which is also the file extension.
    pub fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, format)| *format == self);
        named.map_or("json", |(word, _)| word)
    }
}
