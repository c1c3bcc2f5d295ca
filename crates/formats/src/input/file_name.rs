//! Compression and format of a file, by its name.

use std::path::Path;

use mapreduce_core::{Compression, InputFormat};

/// Extensions of archives and unsupported compressions. Read as text, such a file would give noise instead of an error.
const UNSUPPORTED: [&str; 11] = [
    "7z", "br", "lz4", "lzma", "rar", "tbz2", "tgz", "txz", "tzst", "z", "zip",
];

/// Compression and format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Compression by the last extension.
    pub(super) compression: Option<Compression>,
    /// Format by the extension before that of the compression.
    pub(super) format: InputFormat,
}

/// Returns the kind of the file at `path` by its name; `None` if files of that name are not supported.
pub(super) fn kind_of_name(path: &Path) -> Option<Kind> {
    let last = extension(path);
    let compression = compression(&last);
    if compression.is_none() {
        let format = format(&last);
        let supported = !UNSUPPORTED.contains(&last.as_str());
        return supported.then_some(Kind {
            compression,
            format,
        });
    }
    let inner = extension(&path.with_extension(""));
    // A file that is compressed twice, or an archive of several files, is not supported.
    let supported = is_not_compressed(&inner) && inner != "tar";
    supported.then_some(Kind {
        compression,
        format: format(&inner),
    })
}

fn format(extension: &str) -> InputFormat {
    match extension {
        "csv" => InputFormat::Csv,
        "tsv" => InputFormat::Tsv,
        "ndjson" | "jsonl" => InputFormat::Ndjson,
        "parquet" => InputFormat::Parquet,
        _ => InputFormat::Text,
    }
}

fn is_not_compressed(extension: &str) -> bool {
    compression(extension).is_none() && !UNSUPPORTED.contains(&extension)
}

fn compression(extension: &str) -> Option<Compression> {
    match extension {
        "gz" | "gzip" => Some(Compression::Gzip),
        "zst" | "zstd" => Some(Compression::Zstd),
        "bz2" | "bzip2" => Some(Compression::Bzip2),
        "xz" => Some(Compression::Xz),
        _ => None,
    }
}

/// Returns the extension in lower case; empty for a name without an extension.
fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapreduce_core::{FileFormat, InputFile, Split};

    #[test]
    fn the_plan_of_an_uncompressed_file_has_no_compression_fields() {
        let json = |compression, skip| {
            let file = InputFile {
                input_index: 0,
                path: String::new(),
                len: 9,
                modified: 0,
                format: FileFormat::Text,
                compression,
                encoding: None,
            };
            let split = Split {
                file,
                start: 0,
                end: 9,
                skip,
                line: None,
            };
            let json = serde_json::to_string(&split).unwrap();
            assert_eq!(serde_json::from_str::<Split>(&json).unwrap(), split);
            json
        };
        let plain = json(None, 0);
        assert!(!plain.contains("compress") && !plain.contains("skip"));
        let zstd = json(Some(Compression::Zstd), 5);
        assert!(zstd.contains(r#""compression":"zstd""#) && zstd.contains(r#""skip":5"#));
    }

    #[test]
    fn the_name_determines_compression_and_format() {
        let check = |name: &str, expected: Option<(Option<Compression>, InputFormat)>| {
            let expected = expected.map(|(compression, format)| Kind {
                compression,
                format,
            });
            assert_eq!(kind_of_name(Path::new(name)), expected, "{name}");
        };
        check(
            "in/a.txt.gz",
            Some((Some(Compression::Gzip), InputFormat::Text)),
        );
        check(
            "a.csv.zst",
            Some((Some(Compression::Zstd), InputFormat::Csv)),
        );
        check(
            "A.CSV.BZ2",
            Some((Some(Compression::Bzip2), InputFormat::Csv)),
        );
        check(
            "log.2026-01.gz",
            Some((Some(Compression::Gzip), InputFormat::Text)),
        );
        check("a.gz", Some((Some(Compression::Gzip), InputFormat::Text)));
        check("gz", Some((None, InputFormat::Text)));
        check("a.gz.csv", Some((None, InputFormat::Csv)));
        check(
            "a.jsonl.gz",
            Some((Some(Compression::Gzip), InputFormat::Ndjson)),
        );
        check("a.NDJSON", Some((None, InputFormat::Ndjson)));
        check("a.tsv", Some((None, InputFormat::Tsv)));
        check("a.parquet", Some((None, InputFormat::Parquet)));
        check("a.tar", Some((None, InputFormat::Text)));
        check("a.tsv.xz", Some((Some(Compression::Xz), InputFormat::Tsv)));
        check(
            "a.csv.gzip",
            Some((Some(Compression::Gzip), InputFormat::Csv)),
        );
        for unsupported in ["a.lz4", "a.ZIP", "a.tar.gz", "a.tgz", "a.gz.zst", "a.7z.gz"] {
            check(unsupported, None);
        }
    }
}
