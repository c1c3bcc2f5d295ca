//! The straightforward word count on one thread, as the baseline of the benchmark.
//!
//! The `csv` crate reads records, a `HashMap<String, u64>` counts words split at single spaces, and the result is
//! written in the form of `results.json`. Usage: `serial FILE COLUMN OUTPUT`.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, column, output] = args.as_slice() else {
        bail!("usage: serial FILE COLUMN OUTPUT");
    };
    let counts = count(input, column).with_context(|| format!("cannot count {input}"))?;
    write(counts, output).with_context(|| format!("cannot write {output}"))
}

/// Counts the words of one column. Records without the cell are skipped.
fn count(input: &str, column: &str) -> anyhow::Result<HashMap<String, u64>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(input)?;
    let column = reader
        .headers()?
        .iter()
        .position(|name| name == column)
        .with_context(|| format!("there is no column {column}"))?;
    let mut counts = HashMap::new();
    for record in reader.records() {
        let record = record?;
        let Some(text) = record.get(column) else {
            continue;
        };
        for word in text.split(' ') {
            // A new word costs two look-ups, but a known word costs no allocation.
            match counts.get_mut(word) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(word.to_owned(), 1);
                }
            }
        }
    }
    Ok(counts)
}

/// Writes one object, most frequent word first, ties by the bytes of the word.
fn write(counts: HashMap<String, u64>, output: &str) -> anyhow::Result<()> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
    let mut out = BufWriter::new(File::create(output)?);
    let mut before = "{\n  ";
    for (word, count) in &counts {
        write!(out, "{before}{}: {count}", serde_json::to_string(word)?)?;
        before = ",\n  ";
    }
    out.write_all(if counts.is_empty() { b"{}\n" } else { b"\n}\n" })?;
    out.flush()?;
    Ok(())
}
