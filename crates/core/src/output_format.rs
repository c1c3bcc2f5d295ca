//! The formats of result files.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The layout of a result file. All are UTF-8; bytes of a key that are not become U+FFFD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// One object, `{"key": count, …}`, an indent of two spaces, a newline at the end.
    Json,
    /// An object a line: `{"key":"the","count":3}`.
    Ndjson,
    /// RFC 4180 with the header `key,count`; lines end with LF.
    Csv,
    /// Key, tab, count. In keys, backslash, tab, LF and CR are `\\`, `\t`, `\n` and `\r`. No header.
    Tsv,
    /// Key, tab, value, as they are; a key alone is a line. No header. Bytes that are not UTF-8 stay.
    Text,
}

impl OutputFormat {
    /// All of them, with the word for each, which is also its ending as a file name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("json", Self::Json),
        ("ndjson", Self::Ndjson),
        ("csv", Self::Csv),
        ("tsv", Self::Tsv),
        ("txt", Self::Text),
    ];

    /// The layout that a file's name asks for; JSON if it asks for none.
    pub fn of_name(path: &Path) -> Self {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let ending = match ending.unwrap_or_default().to_lowercase().as_str() {
            "jsonl" => "ndjson".to_owned(),
            other => other.to_owned(),
        };
        let named = Self::ALL.iter().find(|(word, _)| *word == ending);
        named.map_or(Self::Json, |(_, format)| *format)
    }

    /// Its word and the ending of its files.
    pub fn word(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, format)| *format == self);
        named.map_or("json", |(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_layout() {
        for (name, format) in [
            ("a.json", OutputFormat::Json),
            ("a.JSONL", OutputFormat::Ndjson),
            ("a.ndjson", OutputFormat::Ndjson),
            ("dir.csv/a.csv", OutputFormat::Csv),
            ("a.tsv", OutputFormat::Tsv),
            ("dir.csv/a", OutputFormat::Json),
            ("a.txt", OutputFormat::Text),
            ("a.out", OutputFormat::Json),
        ] {
            assert_eq!(OutputFormat::of_name(Path::new(name)), format, "{name}");
        }
    }
}
