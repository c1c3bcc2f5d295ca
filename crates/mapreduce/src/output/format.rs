//! How a row is written.

use std::io::Write;
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

    /// What comes before the first row.
    pub(super) fn begin(self, into: &mut Vec<u8>) {
        if self == Self::Csv {
            into.extend_from_slice(b"key,count\n");
        }
    }

    /// A row.
    #[inline]
    pub(super) fn row(self, into: &mut Vec<u8>, key: &[u8], count: u64, first: bool) {
        match self {
            Self::Json => {
                into.extend_from_slice(if first { b"{\n  " } else { b",\n  " });
                json_text(into, key);
                into.extend_from_slice(b": ");
                number(into, count);
            }
            Self::Ndjson => {
                into.extend_from_slice(b"{\"key\":");
                json_text(into, key);
                into.extend_from_slice(b",\"count\":");
                number(into, count);
                into.extend_from_slice(b"}\n");
            }
            Self::Csv => {
                csv_cell(into, key);
                into.push(b',');
                number(into, count);
                into.push(b'\n');
            }
            Self::Tsv => {
                tsv_cell(into, key);
                into.push(b'\t');
                number(into, count);
                into.push(b'\n');
            }
            Self::Text => {
                into.extend_from_slice(key);
                into.push(b'\t');
                number(into, count);
                into.push(b'\n');
            }
        }
    }

    /// What comes behind the last row.
    pub(super) fn end(self, into: &mut Vec<u8>, empty: bool) {
        if self == Self::Json {
            into.extend_from_slice(if empty { b"{}\n" } else { b"\n}\n" });
        }
    }
}

#[inline]
fn number(into: &mut Vec<u8>, number: u64) {
    if number < 10 {
        return into.push(b'0' + number as u8);
    }
    write!(into, "{number}").expect("memory takes all");
}

#[inline]
pub(super) fn json_text(into: &mut Vec<u8>, key: &[u8]) {
    let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    // Keys are UTF-8 unless somebody tampered with the store.
    if key.iter().any(special) || std::str::from_utf8(key).is_err() {
        return json_escaped(into, key);
    }
    into.push(b'"');
    into.extend_from_slice(key);
    into.push(b'"');
}

#[cold]
fn json_escaped(into: &mut Vec<u8>, key: &[u8]) {
    serde_json::to_writer(into, &String::from_utf8_lossy(key)).expect("memory takes all");
}

pub(super) fn csv_cell(into: &mut Vec<u8>, key: &[u8]) {
    let key = String::from_utf8_lossy(key);
    if key.contains([',', '"', '\n', '\r']) {
        into.push(b'"');
        into.extend_from_slice(key.replace('"', "\"\"").as_bytes());
        into.push(b'"');
    } else {
        into.extend_from_slice(key.as_bytes());
    }
}

pub(super) fn tsv_cell(into: &mut Vec<u8>, key: &[u8]) {
    for char in String::from_utf8_lossy(key).chars() {
        let escaped = match char {
            '\\' => "\\\\",
            '\t' => "\\t",
            '\n' => "\\n",
            '\r' => "\\r",
            _ => {
                into.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
        };
        into.extend_from_slice(escaped.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: OutputFormat, rows: &[(&str, u64)]) -> String {
        let mut text = Vec::new();
        format.begin(&mut text);
        for (at, (key, count)) in rows.iter().enumerate() {
            format.row(&mut text, key.as_bytes(), *count, at == 0);
        }
        format.end(&mut text, rows.is_empty());
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn it_is_json_as_everybody_writes_it() {
        assert_eq!(text(OutputFormat::Json, &[]), "{}\n");
        assert_eq!(
            text(OutputFormat::Json, &[("a\"\\\n\u{1f}é", 2)]),
            "{\n  \"a\\\"\\\\\\n\\u001fé\": 2\n}\n"
        );
        assert_eq!(
            text(OutputFormat::Json, &[("a", 12), ("b", 9)]),
            "{\n  \"a\": 12,\n  \"b\": 9\n}\n"
        );
    }

    #[test]
    fn other_layouts_keep_every_key_apart() {
        let rows = [
            ("the", 10),
            ("a,b", 2),
            ("\"", 1),
            ("x\ty\\\n\r", 1),
            ("", 1),
        ];
        assert_eq!(
            text(OutputFormat::Ndjson, &rows[..2]),
            "{\"key\":\"the\",\"count\":10}\n{\"key\":\"a,b\",\"count\":2}\n"
        );
        assert_eq!(
            text(OutputFormat::Csv, &rows),
            "key,count\nthe,10\n\"a,b\",2\n\"\"\"\",1\n\"x\ty\\\n\r\",1\n,1\n"
        );
        assert_eq!(
            text(OutputFormat::Tsv, &rows),
            "the\t10\na,b\t2\n\"\t1\nx\\ty\\\\\\n\\r\t1\n\t1\n"
        );
        assert_eq!(text(OutputFormat::Csv, &[]), "key,count\n");
        assert_eq!(
            text(OutputFormat::Tsv, &[]) + &text(OutputFormat::Ndjson, &[]),
            ""
        );
        assert_eq!(text(OutputFormat::Text, &rows[3..]), "x\ty\\\n\r\t1\n\t1\n");
    }

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
