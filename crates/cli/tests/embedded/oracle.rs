//! Word count as a sequential program, byte by byte and on one thread.
//!
//! It shares no code with the library, so that a mistake in one of them shows as a difference.

use std::collections::HashMap;

use mapreduce_core::Tokenizer;

/// The expected result and counters of a job.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) counts: HashMap<String, u64>,
    pub(crate) records: u64,
    pub(crate) emitted: u64,
    pub(crate) invalid_utf8: u64,
    pub(crate) nul_bytes: u64,
    pub(crate) short_records: u64,
    pub(crate) long_records: u64,
}

/// Error: a quoted cell that is never closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unclosed;

/// Removes a byte-order mark.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

impl Expected {
    /// Counts a text.
    pub(crate) fn add_text(&mut self, bytes: &[u8], tokenizer: Tokenizer) {
        let bytes = without_mark(bytes);
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let last = lines.pop().expect("at least one piece");
        for line in lines {
            self.add_record(line.strip_suffix(b"\r").unwrap_or(line), tokenizer);
        }
        if !last.is_empty() {
            self.add_record(last, tokenizer);
        }
    }

    /// Counts the words in a column of a CSV.
    pub(crate) fn add_csv(
        &mut self,
        bytes: &[u8],
        column: &str,
        tokenizer: Tokenizer,
    ) -> Result<(), Unclosed> {
        let bytes = without_mark(bytes);
        let mut rows = rows(bytes)?.into_iter();
        let Some(header) = rows.next() else {
            return Ok(());
        };
        let sandbox = header.iter().position(|cell| cell == column.as_bytes());
        let sandbox = sandbox.expect("the column");
        for row in rows {
            self.short_records += u64::from(row.len() < header.len());
            self.long_records += u64::from(row.len() > header.len());
            if let Some(cell) = row.get(sandbox) {
                self.add_record(cell, tokenizer);
            }
        }
        Ok(())
    }

    fn add_record(&mut self, record: &[u8], tokenizer: Tokenizer) {
        self.records += 1;
        self.nul_bytes += record.iter().filter(|byte| **byte == 0).count() as u64;
        self.invalid_utf8 += invalid_sequences(record);
        let record = String::from_utf8_lossy(record);
        match tokenizer {
            Tokenizer::Words => {
                let lower = record.to_lowercase();
                for word in lower.split(char::is_whitespace) {
                    self.add_word(word.chars().filter(|c| c.is_alphanumeric()).collect());
                }
            }
            Tokenizer::Spaces if record == "\n" => {}
            Tokenizer::Spaces => {
                for word in record.split(' ') {
                    self.emitted += 1;
                    *self.counts.entry(word.to_owned()).or_default() += 1;
                }
            }
            Tokenizer::Unicode => unreachable!("the oracle has no tables of Unicode"),
        }
    }

    fn add_word(&mut self, word: String) {
        if !word.is_empty() {
            self.emitted += 1;
            *self.counts.entry(word).or_default() += 1;
        }
    }

    /// The result file.
    pub(crate) fn json(&self) -> String {
        let mut rows: Vec<_> = self.counts.iter().collect();
        rows.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.as_bytes().cmp(b.as_bytes())));
        let row = |(word, count): &(&String, &u64)| format!("\n  {}: {count}", escaped(word));
        match rows.iter().map(row).collect::<Vec<_>>().join(",") {
            none if none.is_empty() => "{}\n".to_owned(),
            rows => format!("{{{rows}\n}}\n"),
        }
    }
}

/// Renders a JSON string.
fn escaped(word: &str) -> String {
    let mut text = String::from("\"");
    for c in word.chars() {
        match c {
            '"' => text += "\\\"",
            '\\' => text += "\\\\",
            '\n' => text += "\\n",
            '\r' => text += "\\r",
            '\t' => text += "\\t",
            '\u{8}' => text += "\\b",
            '\u{c}' => text += "\\f",
            c if c < ' ' => text += &format!("\\u{:04x}", c as u32),
            c => text.push(c),
        }
    }
    text + "\""
}

/// Counts the sequences of `bytes` that become U+FFFD.
fn invalid_sequences(mut bytes: &[u8]) -> u64 {
    let mut found = 0;
    while let Err(error) = std::str::from_utf8(bytes) {
        found += 1;
        let Some(len) = error.error_len() else {
            return found;
        };
        bytes = &bytes[error.valid_up_to() + len..];
    }
    found
}

/// Reads all records of a CSV as lists of cells, including the header.
fn rows(bytes: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, Unclosed> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let (mut at, mut record) = (0, 0);
    while at < bytes.len() || !row.is_empty() {
        let (mut cell, quoted, end) = cell(bytes, at)?;
        let newline = bytes.get(end) == Some(&b'\n');
        if newline && cell.len() > quoted {
            cell.pop_if(|byte| *byte == b'\r');
        }
        row.push(cell);
        at = end + 1;
        if bytes.get(end) == Some(&b',') {
            continue;
        }
        let empty = newline && matches!(&bytes[record..end], b"" | b"\r");
        let full = std::mem::take(&mut row);
        if !empty {
            rows.push(full);
        }
        record = at;
    }
    Ok(rows)
}

/// Reads the cell that starts at `at`. Returns its bytes, the number of quoted bytes and the offset after the cell.
fn cell(bytes: &[u8], mut at: usize) -> Result<(Vec<u8>, usize, usize), Unclosed> {
    let mut cell = Vec::new();
    if bytes.get(at) == Some(&b'"') {
        at += 1;
        loop {
            match bytes.get(at).ok_or(Unclosed)? {
                b'"' if bytes.get(at + 1) == Some(&b'"') => {
                    cell.push(b'"');
                    at += 2;
                }
                b'"' => break,
                byte => {
                    cell.push(*byte);
                    at += 1;
                }
            }
        }
        at += 1;
    }
    let quoted = cell.len();
    while let Some(byte) = bytes.get(at).filter(|byte| !b",\n".contains(byte)) {
        cell.push(*byte);
        at += 1;
    }
    Ok((cell, quoted, at))
}

#[test]
fn the_oracle_reads_csv_by_the_documented_rules() {
    let check = |text: &str, expected: &[&[&str]]| {
        let rows = rows(text.as_bytes()).unwrap();
        let text_of = |cell: &Vec<u8>| String::from_utf8(cell.clone()).unwrap();
        let found: Vec<Vec<_>> = rows
            .iter()
            .map(|row| row.iter().map(text_of).collect())
            .collect();
        assert_eq!(found, expected, "{text:?}");
    };
    check("a,b\r\n\n\r\n,\n", &[&["a", "b"], &["", ""]]);
    check(
        "\"a\"\"\n\"b,c\"d\n\"\"\n\"x\r\"\n",
        &[&["a\"\nb", "c\"d"], &[""], &["x\r"]],
    );
    check("a\"b\",c\rd\r", &[&["a\"b\"", "c\rd\r"]]);
    check("a,", &[&["a", ""]]);
    assert_eq!(rows(b"a\nb,\"c\n\"\""), Err(Unclosed));
}
