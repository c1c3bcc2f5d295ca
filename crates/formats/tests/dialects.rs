//! Tables in any dialect: the readers and the split boundaries, compared with a sequential parser and with Python.

use std::io::Write;
use std::process::{Command, Stdio};

use mapreduce_core::{Column, Dialect, Escape, FileFormat, Quote};
use mapreduce_formats::csv::Grammar;
use mapreduce_formats::reader::{ReadError, RecordReader};
use mapreduce_formats::split::CsvScan;
use proptest::prelude::*;

/// Number of columns that the tests select.
const COLUMNS: u32 = 4;

/// Line and cells of a record.
type Row = (u64, Vec<Option<String>>);

fn format(delimiter: u8, dialect: &Dialect) -> FileFormat {
    let column = |index| Column {
        index,
        name: String::new(),
    };
    FileFormat::Table {
        delimiter,
        columns: (0..COLUMNS).map(column).collect(),
        width: COLUMNS,
        dialect: dialect.clone(),
    }
}

fn read(text: &[u8], block: usize, line: u64, format: &FileFormat) -> Result<Vec<Row>, ReadError> {
    let mut reader = RecordReader::in_blocks(block, text, format, 1 << 20, 0, Some(line));
    let mut rows = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    while reader.batch(|record| {
        let cells = (0..record.field_count()).map(|at| record.field(at).map(text));
        rows.push((record.line().unwrap(), cells.collect()));
    })? {}
    Ok(rows)
}

/// Reads all splits of `text`. Boundaries lie at least `size` bytes apart.
fn read_splits(
    text: &[u8],
    (block, size): (usize, u64),
    (delimiter, dialect): (u8, &Dialect),
) -> Option<Vec<Row>> {
    let mut scan = CsvScan::with_grammar(Grammar::new(delimiter, dialect), 0, 1, size);
    text.chunks(block).for_each(|block| scan.feed(block));
    let (mut start, mut line, mut rows) = (0, 1, Vec::new());
    let cuts = scan.finish().ok()?;
    let cuts = cuts
        .iter()
        .map(|cut| (cut.offset as usize, cut.line.unwrap()));
    for (end, next_line) in cuts.chain([(text.len(), 0)]) {
        rows.extend(read(&text[start..end], block, line, &format(delimiter, dialect)).ok()?);
        (start, line) = (end, next_line);
    }
    Some(rows)
}

/// Sequential parser, one character at a time; `None` if a quoted cell is never closed.
struct Parser<'a> {
    rest: &'a [u8],
    line: u64,
    delimiter: u8,
    dialect: &'a Dialect,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.line += u64::from(*first == b'\n');
        Some(*first)
    }

    fn rows(mut self) -> Option<Vec<Row>> {
        let mut rows = Vec::new();
        while let Some(first) = self.rest.first() {
            let line = self.line;
            if self.dialect.comment == Some(*first) {
                while self.next().is_some_and(|byte| byte != b'\n') {}
                continue;
            }
            if self.rest.starts_with(b"\n") || self.rest.starts_with(b"\r\n") {
                while self.next() != Some(b'\n') {}
                continue;
            }
            let mut cells = Vec::new();
            loop {
                let (cell, last) = self.cell()?;
                cells.push(cell);
                if last {
                    break;
                }
            }
            cells.resize(COLUMNS as usize, None);
            rows.push((line, cells));
        }
        Some(rows)
    }

    /// Returns the next cell, and whether it is the last one of its record.
    fn cell(&mut self) -> Option<(Option<String>, bool)> {
        let (mut raw, mut text) = (Vec::new(), Vec::new());
        let quote = self.dialect.quote.0;
        let quoted = quote.is_some() && self.rest.first().copied() == quote;
        let mut inside = quoted;
        if quoted {
            self.next();
        }
        let last = loop {
            let Some(byte) = self.next() else {
                if inside {
                    return None;
                }
                break true;
            };
            if self.dialect.escape == Escape::Backslash && byte == b'\\' {
                raw.push(byte);
                let Some(next) = self.next() else {
                    text.push(byte);
                    continue;
                };
                raw.push(next);
                self.escaped(next, &mut text);
                if next == b'\r' && self.rest.first() == Some(&b'\n') {
                    raw.extend(self.next());
                    text.push(b'\n');
                }
            } else if inside && Some(byte) == quote {
                inside = self.rest.first().copied() == quote;
                if inside {
                    text.extend(self.next());
                }
            } else if !inside && byte == self.delimiter {
                break false;
            } else if !inside && byte == b'\n' {
                break true;
            } else if !inside && byte == b'\r' && self.rest.first() == Some(&b'\n') {
                self.next();
                break true;
            } else {
                raw.push(byte);
                text.push(byte);
            }
        };
        let null = !quoted && self.dialect.nulls.iter().any(|null| null.as_bytes() == raw);
        Some(((!null).then(|| String::from_utf8(text).unwrap()), last))
    }

    fn escaped(&self, next: u8, text: &mut Vec<u8>) {
        let special = [
            Some(self.delimiter),
            self.dialect.quote.0,
            self.dialect.comment,
        ];
        match (next, self.dialect.quote.0) {
            (b'\\' | b'\n' | b'\r', _) => text.push(next),
            _ if special.contains(&Some(next)) => text.push(next),
            (b'n', None) => text.push(b'\n'),
            (b't', None) => text.push(b'\t'),
            (b'r', None) => text.push(b'\r'),
            (b'0', None) => text.push(0),
            _ => text.extend([b'\\', next]),
        }
    }
}

fn dialects() -> impl Strategy<Value = (u8, Dialect)> {
    let quote = prop::sample::select(vec![Some(b'"'), Some(b'\''), None]);
    let escape = prop::sample::select(vec![Escape::Double, Escape::Backslash]);
    let comment = prop::sample::select(vec![None, Some(b'#')]);
    let nulls = prop::sample::select(vec![vec![], vec!["a", "", "\\N"]]);
    let delimiter = prop::sample::select(b",;\t|".to_vec());
    (delimiter, quote, escape, comment, nulls).prop_map(
        |(delimiter, quote, escape, comment, nulls)| {
            let dialect = Dialect {
                quote: Quote(quote),
                escape,
                comment,
                nulls: nulls.into_iter().map(str::to_owned).collect(),
            };
            (delimiter, dialect)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The splits of a table have the records that a sequential parser finds, with any sizes of blocks and splits.
    #[test]
    fn splits_have_the_records_of_a_sequential_parser(
        text in "[aNnt0#,;|\t\"'\\\\\r\n]{0,60}", block in 1usize..12, size in 1u64..20,
        (delimiter, dialect) in dialects(),
    ) {
        let text = text.as_bytes();
        let dialect = &dialect;
        let expected = Parser { rest: text, line: 1, delimiter, dialect }.rows();
        prop_assert_eq!(read_splits(text, (block, size), (delimiter, dialect)), expected);
    }
}

/// Writes `rows` with Python's module `csv` and these options of its writer.
fn written_by_python(rows: &[Vec<String>], options: &str) -> Option<Vec<u8>> {
    let program = format!(
        "import csv, json, sys, io\n\
         rows = json.load(sys.stdin)\n\
         out = io.StringIO(newline='')\n\
         csv.writer(out, {options}).writerows(rows)\n\
         sys.stdout.buffer.write(out.getvalue().encode())"
    );
    let mut python = Command::new("python3")
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let json = serde_json::to_vec(rows).unwrap();
    python.stdin.take()?.write_all(&json).unwrap();
    let ended = python.wait_with_output().unwrap();
    assert!(ended.status.success(), "python3 fails with {options}");
    Some(ended.stdout)
}

/// Texts of cells that every dialect must quote or escape in its own way.
const CELLS: &str = "|a|say \"hi\"|it's|x;y|x,y|\\|a\\b|a\\\"b|line\nend|cr\r\nlf|#c|\"|é";

/// Options of Python's writer, and the same dialect for the reader.
const WRITERS: [(&str, u8, Option<u8>, Escape); 5] = [
    ("delimiter=','", b',', Some(b'"'), Escape::Double),
    (
        r"delimiter=';', quotechar='\''",
        b';',
        Some(b'\''),
        Escape::Double,
    ),
    (
        r"delimiter=';', doublequote=False, escapechar='\\', quoting=csv.QUOTE_ALL",
        b';',
        Some(b'"'),
        Escape::Backslash,
    ),
    (
        r"delimiter=',', escapechar='\\', quotechar='\''",
        b',',
        Some(b'\''),
        Escape::Backslash,
    ),
    (
        r"delimiter='\t', quoting=csv.QUOTE_NONE, quotechar=None, escapechar='\\'",
        b'\t',
        None,
        Escape::Backslash,
    ),
];

#[test]
fn tables_that_python_wrote_in_any_dialect_are_read_back() {
    let cells: Vec<&str> = CELLS.split('|').collect();
    let row = |nth: usize| {
        let cell = |at: usize| cells[(nth * (at + 3) + at) % cells.len()].to_owned();
        (0..COLUMNS as usize).map(cell).collect::<Vec<_>>()
    };
    let rows: Vec<_> = (0..60).map(row).collect();
    for (options, delimiter, quote, escape) in WRITERS {
        let Some(text) = written_by_python(&rows, options) else {
            return;
        };
        let dialect = Dialect {
            quote: Quote(quote),
            escape,
            ..Dialect::default()
        };
        let found = read_splits(&text, (7, 30), (delimiter, &dialect)).unwrap();
        let cells = |(_, cells): Row| cells.into_iter().map(Option::unwrap).collect();
        let found: Vec<Vec<String>> = found.into_iter().map(cells).collect();
        assert_eq!(found, rows, "{options}: {}", String::from_utf8_lossy(&text));
    }
}
