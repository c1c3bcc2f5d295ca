//! Formats of result files.

use serde::{Deserialize, Serialize};

/// Format of a result file. JSON is UTF-8: invalid bytes of a key become U+FFFD. The other formats keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// One object, `{"key": count, …}`, indented by two spaces, with a newline at the end.
    Json,
    /// One object per line: `{"key":"the","count":3}`.
    Ndjson,
    /// RFC 4180 with the header `key,count`. Lines end with LF.
    Csv,
    /// Key, tab, count, without a header. In keys, backslash, tab, LF and CR are written as `\\`, `\t`, `\n` and `\r`.
    Tsv,
    /// Key, tab, value, unchanged and without a header. A row without a value is the key alone.
    Text,
}

impl OutputFormat {
    /// All formats with their names. A name is also the file extension.
    pub const ALL: [(&'static str, Self); 5] = [
        ("json", Self::Json),
        ("ndjson", Self::Ndjson),
        ("csv", Self::Csv),
        ("tsv", Self::Tsv),
        ("txt", Self::Text),
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

    /// Returns the name of the format, which is also the file extension.
    pub fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, format)| *format == self);
        named.map_or("json", |(word, _)| word)
    }
}
