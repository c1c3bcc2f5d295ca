//! The data and its correct result.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::paths::utf8;
use crate::system::System;
use devtools::sample_data::{self, Limit};
use devtools::workspace::{call, release_binary, target};

/// Returns the folder of data and results, and creates it if needed.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    let folder = target().join("bench-data");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// Returns the CSV file of this seed and size, generated on first use.
pub(crate) fn input(rows: u64, seed: u64) -> anyhow::Result<PathBuf> {
    // The version changes with the generator, so that an old file cannot pass for a new one.
    let path = folder()?.join(format!("tweets-v1-{seed}-{rows}.csv"));
    if !path.is_file() {
        println!("generating {}", path.display());
        let unfinished = path.with_extension("part");
        sample_data::generate(&unfinished, seed, Limit::Rows(rows), 1)?;
        fs::rename(&unfinished, &path)
            .with_context(|| format!("cannot rename to {}", path.display()))?;
    }
    Ok(path)
}

/// Reads the file into the page cache, so that the first run has no disadvantage. Returns its size in bytes.
pub(crate) fn warm_up(input: &Path) -> anyhow::Result<u64> {
    File::open(input)
        .and_then(|mut file| io::copy(&mut file, &mut io::sink()))
        .with_context(|| format!("cannot read {}", input.display()))
}

/// The correct result for an input, written by the serial program.
#[derive(Debug)]
pub(crate) struct Reference {
    json: Vec<u8>,
    /// Hash of the last correct output of each system.
    correct: HashMap<System, u64>,
}

impl Reference {
    /// Returns the reference of `input`. The serial program writes it on first use and must have been built.
    pub(crate) fn of(input: &Path) -> anyhow::Result<Self> {
        let path = input.with_extension("expected.json");
        if !path.is_file() {
            println!(
                "counting the words of {} with the serial program",
                input.display()
            );
            let unfinished = input.with_extension("expected.part");
            let args = [utf8(input)?, "text", utf8(&unfinished)?];
            call(std::process::Command::new(release_binary("serial")).args(args))?;
            fs::rename(&unfinished, &path)
                .with_context(|| format!("cannot rename to {}", path.display()))?;
        }
        let json = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self {
            json,
            correct: HashMap::new(),
        })
    }

    /// Returns the number of words and the number of distinct words.
    pub(crate) fn words(&self) -> (u64, u64) {
        let counts = self.json.split(|&byte| byte == b'\n').filter_map(|line| {
            let count = line.rsplit(|&byte| byte == b' ').next()?;
            let count = count.strip_suffix(b",").unwrap_or(count);
            std::str::from_utf8(count).ok()?.parse::<u64>().ok()
        });
        counts.fold((0, 0), |(sum, distinct), count| (sum + count, distinct + 1))
    }

    /// Compares the output of `system` with the reference byte for byte. CSV is converted to the same form first.
    ///
    /// # Errors
    /// The output is missing or wrong. The message names the first wrong line.
    pub(crate) fn check(&mut self, system: System, output: &Path) -> anyhow::Result<()> {
        let text = fs::read(output).with_context(|| {
            format!(
                "cannot read the result of {}, {}",
                system.name(),
                output.display()
            )
        })?;
        let mut hasher = DefaultHasher::new();
        hasher.write(&text);
        let hash = hasher.finish();
        if self.correct.get(&system) == Some(&hash) {
            return Ok(());
        }
        let csv = output.extension().is_some_and(|kind| kind == "csv");
        let text = if csv { as_json(&text)? } else { text };
        if text != self.json {
            let lines = |text: &[u8]| -> Vec<String> {
                let text = String::from_utf8_lossy(text);
                text.lines().map(str::to_owned).collect()
            };
            let (found, expected) = (lines(&text), lines(&self.json));
            let same = found
                .iter()
                .zip(&expected)
                .take_while(|(a, b)| a == b)
                .count();
            bail!(
                "the result of {} is wrong: line {} of {} is {:?} instead of {:?}",
                system.name(),
                same + 1,
                output.display(),
                found.get(same),
                expected.get(same)
            );
        }
        self.correct.insert(system, hash);
        Ok(())
    }
}

/// Converts CSV of words and counts to the form of `results.json` and keeps the order.
fn as_json(text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut json = Vec::with_capacity(text.len() * 2);
    let mut before = "{\n  ";
    let mut reader = csv::Reader::from_reader(text);
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row)? {
        let (Some(word), Some(count)) = (row.get(0), row.get(1)) else {
            bail!("row lacks a word or its count: {row:?}");
        };
        json.extend_from_slice(before.as_bytes());
        serde_json::to_writer(&mut json, word)?;
        json.extend_from_slice(b": ");
        json.extend_from_slice(count.as_bytes());
        before = ",\n  ";
    }
    json.extend_from_slice(if json.is_empty() { b"{}\n" } else { b"\n}\n" });
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Reference {
        Reference {
            json: b"{\n  \"a b\": 12,\n  \"\\\"\": 3,\n  \"\": 3\n}\n".to_vec(),
            correct: HashMap::new(),
        }
    }

    #[test]
    fn words_are_counted_from_the_result() {
        assert_eq!(reference().words(), (18, 3));
    }

    #[test]
    fn a_csv_result_is_correct_only_in_the_correct_order() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("x.csv");
        let check = |text: &str| {
            fs::write(&output, text).unwrap();
            reference().check(System::Duckdb, &output)
        };
        check("word,n\na b,12\n\"\"\"\",3\n\"\",3\n").unwrap();
        let error = check("word,n\n\"\"\"\",3\na b,12\n\"\",3\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        let error = check("word,n\na b,12\n\"\"\"\",3\n").unwrap_err();
        assert!(error.to_string().contains("DuckDB is wrong"), "{error}");
    }

    #[test]
    fn an_empty_csv_result_is_an_empty_object() {
        assert_eq!(as_json(b"word,n\n").unwrap(), b"{}\n");
    }
}
