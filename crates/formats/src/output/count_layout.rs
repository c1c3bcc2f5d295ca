//! Layout of counts in each output format, and escaping of cells.

use std::io::Write;

use mapreduce_core::OutputFormat;

/// Layout of rows of keys and counts.
pub(super) trait CountLayout {
    /// Writes the text before the first row.
    fn begin(self, into: &mut Vec<u8>);
    /// Writes one row.
    fn row(self, into: &mut Vec<u8>, key: &[u8], count: u64, first: bool);
    /// Writes the text after the last row.
    fn end(self, into: &mut Vec<u8>, empty: bool);
}

impl CountLayout for OutputFormat {
    fn begin(self, into: &mut Vec<u8>) {
        if self == Self::Csv {
            into.extend_from_slice(b"key,count\n");
        }
    }

    #[inline]
    fn row(self, into: &mut Vec<u8>, key: &[u8], count: u64, first: bool) {
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

    fn end(self, into: &mut Vec<u8>, empty: bool) {
        if self == Self::Json {
            into.extend_from_slice(if empty { b"{}\n" } else { b"\n}\n" });
        }
    }
}

/// Appends a number in decimal digits.
#[inline]
fn number(into: &mut Vec<u8>, number: u64) {
    // Most counts have one digit, which needs no formatting.
    if number < 10 {
        return into.push(b'0' + number as u8);
    }
    write!(into, "{number}").expect("a write to a vector succeeds");
}

/// Appends a JSON string. JSON is UTF-8, so each invalid sequence becomes U+FFFD.
#[inline]
pub(super) fn json_text(into: &mut Vec<u8>, key: &[u8]) {
    let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    if key.iter().any(special) || std::str::from_utf8(key).is_err() {
        return json_escaped(into, key);
    }
    into.push(b'"');
    into.extend_from_slice(key);
    into.push(b'"');
}

#[cold]
fn json_escaped(into: &mut Vec<u8>, key: &[u8]) {
    serde_json::to_writer(into, &String::from_utf8_lossy(key))
        .expect("a write to a vector succeeds");
}

/// Appends a cell of CSV, in quotes if necessary.
pub(super) fn csv_cell(into: &mut Vec<u8>, key: &[u8]) {
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !key.iter().any(special) {
        return into.extend_from_slice(key);
    }
    into.push(b'"');
    for (nth, piece) in key.split(|byte| *byte == b'"').enumerate() {
        if nth > 0 {
            into.extend_from_slice(b"\"\"");
        }
        into.extend_from_slice(piece);
    }
    into.push(b'"');
}

/// Appends a cell of TSV with escapes for backslash, tab, LF and CR.
pub(super) fn tsv_cell(into: &mut Vec<u8>, key: &[u8]) {
    for byte in key {
        match byte {
            b'\\' => into.extend_from_slice(b"\\\\"),
            b'\t' => into.extend_from_slice(b"\\t"),
            b'\n' => into.extend_from_slice(b"\\n"),
            b'\r' => into.extend_from_slice(b"\\r"),
            other => into.push(*other),
        }
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
    fn json_is_one_indented_object() {
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
    fn only_json_replaces_invalid_utf8() {
        let row = |format: OutputFormat| {
            let mut text = Vec::new();
            format.row(&mut text, b"caf\xe9\"\xff", 1, true);
            text
        };
        assert_eq!(row(OutputFormat::Csv), b"\"caf\xe9\"\"\xff\",1\n");
        assert_eq!(row(OutputFormat::Tsv), b"caf\xe9\"\xff\t1\n");
        assert_eq!(row(OutputFormat::Text), b"caf\xe9\"\xff\t1\n");
        let json = "{\"key\":\"caf\u{fffd}\\\"\u{fffd}\",\"count\":1}\n";
        assert_eq!(row(OutputFormat::Ndjson), json.as_bytes());
    }

    #[test]
    fn other_layouts_write_distinct_keys_distinctly() {
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
}
