//! Parts of the name of a result file.

use std::path::Path;

use crate::compression::Compression;
use crate::output_format::OutputFormat;

/// Extensions of formats in which results cannot be written. A result with such a name would mislead its readers.
const FOREIGN_FORMATS: [&str; 29] = [
    "arrow", "avro", "db", "docx", "duckdb", "feather", "h5", "hdf5", "htm", "html", "ipc", "ods",
    "odt", "orc", "pb", "pdf", "pickle", "pkl", "pptx", "rds", "sav", "sqlite", "sqlite3", "xls",
    "xlsb", "xlsm", "xlsx", "xml", "yaml",
];
/// Extensions of archives and of compression formats in which results cannot be written.
const FOREIGN_COMPRESSIONS: [&str; 23] = [
    "7z", "br", "bz", "bz2", "bzip2", "gzip", "lz", "lz4", "lzma", "lzo", "rar", "snappy", "sz",
    "tar", "tbz2", "tgz", "txz", "tzst", "xz", "z", "zip", "zipx", "zstd",
];

/// Name of a result file, split into a stem such as `words` and a suffix such as `.csv.gz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputName {
    /// Name without the suffix.
    pub stem: String,
    /// Suffix with its dots, including that of the compression; empty if the name has no suffix.
    pub suffix: String,
    /// Compression that the suffix selects.
    pub compression: Option<Compression>,
    /// Format that the suffix selects; `None` if it selects no format.
    pub format: Option<OutputFormat>,
    /// Kind of the suffix, if results with this suffix are unsupported.
    pub foreign: Option<ForeignSuffix>,
}

/// Kind of an unsupported suffix of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignSuffix {
    /// Another format, such as `.xlsx`.
    Format,
    /// Another compression or an archive, such as `.bz2`.
    Compression,
}

impl OutputName {
    /// Returns the parts of the last component of `path`.
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (rest, outer) = split_extension(&name);
        let compression = match outer.to_lowercase().as_str() {
            "gz" => Some(Compression::Gzip),
            "zst" => Some(Compression::Zstd),
            _ => None,
        };
        let (stem, inner) = match compression {
            Some(_) => split_extension(rest),
            None => (rest, outer),
        };
        let inner = inner.to_lowercase();
        let foreign = if FOREIGN_FORMATS.contains(&inner.as_str()) {
            Some(ForeignSuffix::Format)
        } else {
            let foreign = FOREIGN_COMPRESSIONS.contains(&inner.as_str());
            foreign.then_some(ForeignSuffix::Compression)
        };
        Self {
            stem: stem.to_owned(),
            suffix: name[stem.len()..].to_owned(),
            compression,
            format: OutputFormat::from_extension(&inner),
            foreign,
        }
    }
}

/// Splits a name before its last dot. A name that starts with its only dot has no extension.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_stem_and_a_suffix_with_a_meaning() {
        let (gzip, zstd) = (Some(Compression::Gzip), Some(Compression::Zstd));
        let csv = Some(OutputFormat::Csv);
        for (path, stem, suffix, compression, format) in [
            ("o/words.csv", "words", ".csv", None, csv),
            ("words.csv.gz", "words", ".csv.gz", gzip, csv),
            ("words.CSV.ZST", "words", ".CSV.ZST", zstd, csv),
            (
                "a.b.jsonl",
                "a.b",
                ".jsonl",
                None,
                Some(OutputFormat::Ndjson),
            ),
            ("words.gz", "words", ".gz", gzip, None),
            ("words", "words", "", None, None),
            (".gz", ".gz", "", None, None),
            ("words.out", "words", ".out", None, None),
            ("é.tsv", "é", ".tsv", None, Some(OutputFormat::Tsv)),
        ] {
            let name = OutputName::of(Path::new(path));
            let expected = OutputName {
                stem: stem.to_owned(),
                suffix: suffix.to_owned(),
                compression,
                format,
                foreign: None,
            };
            assert_eq!(name, expected);
        }
    }

    #[test]
    fn suffixes_of_other_formats_and_compressions_are_foreign() {
        for (path, foreign) in [
            ("a.xlsx", Some(ForeignSuffix::Format)),
            ("a.feather", Some(ForeignSuffix::Format)),
            ("a.json.bz2", Some(ForeignSuffix::Compression)),
            ("a.tar.gz", Some(ForeignSuffix::Compression)),
            ("a.2024-05", None),
            ("parquet", None),
        ] {
            assert_eq!(OutputName::of(Path::new(path)).foreign, foreign, "{path}");
        }
    }
}
