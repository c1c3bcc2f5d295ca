//! The data, and what must come of it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::system::{System, utf8};
use crate::gen_data::{self, Limit};
use crate::workspace::{call, release_binary, target};

/// The folder of data and results.
pub(super) fn folder() -> anyhow::Result<PathBuf> {
    let folder = target().join("bench-data");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The CSV file of this seed and size; made on first use.
pub(super) fn input(rows: u64, seed: u64) -> anyhow::Result<PathBuf> {
    // The version changes when the generator does, so that no old file passes for a new one.
    let path = folder()?.join(format!("tweets-v1-{seed}-{rows}.csv"));
    if !path.is_file() {
        println!("making {}", path.display());
        let unfinished = path.with_extension("part");
        gen_data::generate(&unfinished, seed, Limit::Rows(rows), 1)?;
        fs::rename(&unfinished, &path)
            .with_context(|| format!("cannot rename to {}", path.display()))?;
    }
    Ok(path)
}

/// Reads the file once, so that the first run finds it in memory like the others; returns its length.
pub(super) fn warm_up(input: &Path) -> anyhow::Result<u64> {
    File::open(input)
        .and_then(|mut file| io::copy(&mut file, &mut io::sink()))
        .with_context(|| format!("cannot read {}", input.display()))
}

/// The right result for one input, by the serial program.
#[derive(Debug)]
pub(super) struct Reference {
    json: Vec<u8>,
    /// Hashes of outputs that were found right.
    right: HashMap<System, u64>,
}

impl Reference {
    /// The reference of `input`; made on first use by the serial program, which must have been built.
    pub(super) fn of(input: &Path) -> anyhow::Result<Self> {
        let path = input.with_extension("expected.json");
        if !path.is_file() {
            println!("counting the words of {} once", input.display());
            let unfinished = input.with_extension("expected.part");
            let args = [utf8(input)?, "text", utf8(&unfinished)?];
            call(std::process::Command::new(release_binary("serial")).args(args))?;
            fs::rename(&unfinished, &path)
                .with_context(|| format!("cannot rename to {}", path.display()))?;
        }
        let json = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self {
            json,
            right: HashMap::new(),
        })
    }

    /// Number of words, and of different words.
    pub(super) fn words(&self) -> (u64, u64) {
        let counts = self.json.split(|&byte| byte == b'\n').filter_map(|line| {
            let count = line.rsplit(|&byte| byte == b' ').next()?;
            let count = count.strip_suffix(b",").unwrap_or(count);
            std::str::from_utf8(count).ok()?.parse::<u64>().ok()
        });
        counts.fold((0, 0), |(sum, different), count| {
            (sum + count, different + 1)
        })
    }

    /// Compares what `system` wrote with the reference, byte for byte; CSV is brought into the same form.
    ///
    /// # Errors
    /// The first line that differs.
    pub(super) fn check(&mut self, system: System, output: &Path) -> anyhow::Result<()> {
        let text = fs::read(output)
            .with_context(|| format!("{} wrote no {}", system.name(), output.display()))?;
        let mut hasher = DefaultHasher::new();
        hasher.write(&text);
        let hash = hasher.finish();
        if self.right.get(&system) == Some(&hash) {
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
                "the result of {} is wrong: line {} of {} is {:?} and should be {:?}",
                system.name(),
                same + 1,
                output.display(),
                found.get(same),
                expected.get(same)
            );
        }
        self.right.insert(system, hash);
        Ok(())
    }
}

/// A CSV file of words and counts in the form of `results.json`, in its own order.
fn as_json(text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut json = Vec::with_capacity(text.len() * 2);
    let mut before = "{\n  ";
    let mut reader = csv::Reader::from_reader(text);
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row)? {
        let (Some(word), Some(count)) = (row.get(0), row.get(1)) else {
            bail!("a row without a word and its count: {row:?}");
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
            right: HashMap::new(),
        }
    }

    #[test]
    fn words_are_counted_from_the_result() {
        assert_eq!(reference().words(), (18, 3));
    }

    #[test]
    fn a_table_is_right_only_in_the_right_order() {
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
    fn an_empty_table_is_an_empty_object() {
        assert_eq!(as_json(b"word,n\n").unwrap(), b"{}\n");
    }
}
