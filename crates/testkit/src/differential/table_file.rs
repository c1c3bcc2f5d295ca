//! Bytes of a table.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::limits::{Limits, TableFormat};
use super::random::Random;

/// Style of a file: everything that its cells do not decide.
#[derive(Debug)]
pub(super) struct FileStyle {
    format: TableFormat,
    delimiter: char,
    line_end: &'static str,
    has_mark: bool,
    is_compressed: bool,
    /// True if some rows have too few or too many cells.
    is_ragged: bool,
    /// True if some lines are empty.
    has_empty_lines: bool,
    ends_line: bool,
}

impl FileStyle {
    pub(super) fn any(random: &mut Random, limits: &Limits) -> Self {
        Self {
            format: limits.format,
            delimiter: limits.delimiter,
            line_end: if random.one_in(3) { "\r\n" } else { "\n" },
            has_mark: random.one_in(8),
            is_compressed: random.one_in(8),
            is_ragged: random.one_in(3),
            has_empty_lines: random.one_in(4),
            ends_line: !random.one_in(5),
        }
    }

    /// Returns the name and the bytes of file number `nth`, which are compressed for some styles.
    pub(super) fn finished(&self, nth: usize, bytes: Vec<u8>) -> (String, Vec<u8>) {
        let suffix = match self.format {
            TableFormat::Csv => "csv",
            TableFormat::Tsv => "tsv",
            TableFormat::Ndjson => "ndjson",
        };
        if !self.is_compressed || bytes.is_empty() {
            return (format!("{nth}.{suffix}"), bytes);
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed
            .write_all(&bytes)
            .expect("a write to memory succeeds");
        let packed = packed.finish().expect("a write to memory succeeds");
        (format!("{nth}.{suffix}.gz"), packed)
    }

    fn file(&self, random: &mut Random, lines: Vec<String>) -> Vec<u8> {
        let mut text = String::from(if self.has_mark { "\u{feff}" } else { "" });
        let last = lines.len();
        for (nth, line) in lines.into_iter().enumerate() {
            text += &line;
            if nth + 1 < last || self.ends_line {
                text += self.line_end;
            }
            if self.has_empty_lines && nth + 1 < last && random.one_in(6) {
                text += random.pick(&["\n", "\r\n", "\n\n"]);
            }
        }
        text.into_bytes()
    }
}

/// Returns a table with a delimiter.
pub(super) fn csv_file(
    random: &mut Random,
    style: &FileStyle,
    header: Option<&[&str]>,
    rows: &[Vec<String>],
) -> Vec<u8> {
    let mut lines = Vec::new();
    if let Some(names) = header {
        lines.push(line(random, style.delimiter, names, false));
    }
    for (nth, row) in rows.iter().enumerate() {
        let mut row: Vec<&str> = row.iter().map(String::as_str).collect();
        // The first row decides the number of columns if there is no header.
        if style.is_ragged && random.one_in(8) && (nth > 0 || header.is_some()) {
            if random.one_in(2) {
                row.truncate(random.within(1..=row.len()));
            } else {
                row.extend((0..random.within(1..=3)).map(|_| "more"));
            }
        }
        let may_be_empty = nth > 0 || header.is_some();
        lines.push(line(random, style.delimiter, &row, may_be_empty));
    }
    style.file(random, lines)
}

/// Returns a line of a table. Unless `may_be_empty` is true, it has at least one byte.
fn line(random: &mut Random, delimiter: char, cells: &[&str], may_be_empty: bool) -> String {
    let quotes_all = random.one_in(10);
    let mut line = String::new();
    for (nth, cell) in cells.iter().enumerate() {
        if nth > 0 {
            line.push(delimiter);
        }
        let must_quote = cell.starts_with('"') || cell.contains([delimiter, '\n', '\r']);
        if must_quote || quotes_all || (cell.contains('"') && random.one_in(2)) {
            line += &format!("\"{}\"", cell.replace('"', "\"\""));
            if nth > 0 && may_be_empty && random.one_in(60) {
                line += random.pick(&["after", " ", "\"x\""]);
            }
        } else {
            line += cell;
        }
    }
    if line.is_empty() && !(may_be_empty && random.one_in(3)) {
        line += "\"\"";
    }
    line
}

/// Returns lines of JSON objects.
pub(super) fn json_file(
    random: &mut Random,
    style: &FileStyle,
    names: &[&str],
    rows: &[Vec<String>],
) -> Vec<u8> {
    let mut lines = Vec::new();
    for row in rows {
        if style.is_ragged && random.one_in(20) {
            lines.push(
                random
                    .pick(&["{]", "{\"a\":}", "[1, 2]", "7", "{} {}"])
                    .to_owned(),
            );
            continue;
        }
        let mut members = Vec::new();
        for (name, cell) in names.iter().zip(row) {
            if !(style.is_ragged && random.one_in(12)) {
                let space = random.pick(&["", " "]);
                members.push(format!(
                    "{}:{space}{}",
                    json_text(name),
                    json_value(random, cell)
                ));
            }
        }
        lines.push(format!("{{{}}}", members.join(random.pick(&[",", ", "]))));
    }
    style.file(random, lines)
}

/// Returns the JSON of a cell: a number if its text is one, and rarely a value that is not text.
fn json_value(random: &mut Random, cell: &str) -> String {
    let is_number = serde_json::from_str::<serde_json::Number>(cell).is_ok();
    match random.up_to(30) {
        0 => random
            .pick(&["null", "true", "[1, \"x\"]", "{\"y\": 2.50}", "[]"])
            .to_owned(),
        1..=15 if is_number && cell.trim() == cell => cell.to_owned(),
        _ => json_text(cell),
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
