//! Input made here, with its counts: by the letter of the rules, by nothing of the project under test.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;

use tempfile::TempDir;

use crate::data::{Data, Tokenizer};

/// Pieces of text that tokenizers could trip over: case, marks, letters beyond ASCII, other white space.
const ODD: [&str; 12] = [
    "The", "it's", "naïve", "ÉCOLE", "1,000", "--", "a\tb", "x\u{a0}y", "straße", "漢字", "…end",
    "\"q\"",
];
/// Words of the rest: few enough to be counted often.
const WORDS: u64 = 5000;

/// Five texts of some 300 kB each.
///
/// # Panics
/// If they cannot be written.
pub fn text(tokenizer: Tokenizer) -> Data {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut chance, mut counts) = (Chance(11), Counts::default());
    for name in ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"] {
        let mut file = String::new();
        while file.len() < 300_000 {
            let line = line(&mut chance);
            counts.add(&line, tokenizer);
            file += &line;
            file += if chance.below(8) == 0 { "\r\n" } else { "\n" };
        }
        write(&folder, name, &file);
    }
    Data::made(folder, false, tokenizer, counts.json())
}

/// Two tables of some 600 kB each, with quotes and line ends inside of cells.
///
/// # Panics
/// If they cannot be written.
pub fn csv(tokenizer: Tokenizer) -> Data {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut chance, mut counts) = (Chance(12), Counts::default());
    for name in ["a.csv", "b.csv"] {
        let mut file = "id,text,place\r\n".to_owned();
        for id in 0.. {
            if file.len() > 600_000 {
                break;
            }
            let mut cell = line(&mut chance);
            if chance.below(4) == 0 {
                cell = format!("{cell}\n\n\"{}\", and", line(&mut chance));
            }
            // A cell that is just a newline has no words in the way of `spaces`.
            if tokenizer == Tokenizer::Words || cell != "\n" {
                counts.add(&cell, tokenizer);
            }
            let quoted = cell.replace('"', "\"\"");
            write!(file, "{id},\"{quoted}\",\"up, and \"\"away\"\"\"\r\n")
                .expect("text takes text");
        }
        write(&folder, name, &file);
    }
    Data::made(folder, true, tokenizer, counts.json())
}

/// A table with some columns of the messages to airlines that tests use where they are at hand.
///
/// # Panics
/// If it cannot be written.
pub fn table() -> Data {
    const AIRLINES: [&str; 5] = ["United", "American", "Delta", "Virgin America", "JetÉ"];
    const MOODS: [&str; 3] = ["negative", "neutral", "positive"];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut chance = Chance(14);
    let mut file =
        "airline,airline_sentiment,airline_sentiment_confidence,negativereason_confidence,name,\
        retweet_count,user_timezone,text\r\n"
            .to_owned();
    for _ in 0..4000 {
        let airline = AIRLINES[chance.below(5) as usize];
        let mood = MOODS[chance.below(3) as usize];
        let reason = match chance.below(3) {
            0 => String::new(),
            1 => "1".to_owned(),
            _ => format!("0.{:04}", chance.below(10_000)),
        };
        let (sure, name) = (chance.below(10_000), chance.below(2000));
        let (retweets, zone) = (chance.below(40) / (chance.below(40) + 1), chance.below(30));
        let text = line(&mut chance).replace('"', "\"\"");
        let record = format!(
            "{airline},{mood},0.{sure:04},{reason},name{name},{retweets},\"Zone {zone}, (US)\",\"{text}\n{text}\"\r\n"
        );
        file += &record;
    }
    write(&folder, "a.csv", &file);
    Data::made(folder, true, Tokenizer::Words, Vec::new())
}

/// A file with this text.
///
/// # Panics
/// If it cannot be written.
pub fn of(text: &str, tokenizer: Tokenizer) -> Data {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut counts = Counts::default();
    text.lines().for_each(|line| counts.add(line, tokenizer));
    write(&folder, "a.txt", text);
    Data::made(folder, false, tokenizer, counts.json())
}

/// Three texts of some 1.2 MB each with 200,000 different words, of which most come once or twice: tables
/// of a mebibyte cannot hold those of one text.
///
/// # Panics
/// If they cannot be written.
pub fn distinct(tokenizer: Tokenizer) -> Data {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut chance, mut counts) = (Chance(13), Counts::default());
    for name in ["a.txt", "b.txt", "c.txt"] {
        let mut file = String::new();
        while file.len() < 1_200_000 {
            let words: Vec<_> = (0..8)
                .map(|_| format!("word{}", chance.below(250_000)))
                .collect();
            let line = words.join(" ");
            counts.add(&line, tokenizer);
            file += &line;
            file += "\n";
        }
        write(&folder, name, &file);
    }
    Data::made(folder, false, tokenizer, counts.json())
}

fn write(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).expect("a sample can be written");
}

fn line(chance: &mut Chance) -> String {
    let mut line = String::new();
    for _ in 0..chance.below(14) {
        match chance.below(10) {
            0 => line += ODD[chance.below(ODD.len() as u64) as usize],
            // Small numbers are more likely, as frequent words are.
            _ => {
                let most = chance.below(WORDS) + 1;
                write!(line, "w{}", chance.below(most)).expect("text takes text");
            }
        }
        line += if chance.below(20) == 0 { "  " } else { " " };
    }
    if chance.below(2) == 0 {
        line.pop();
    }
    line
}

/// Counts, the obvious way.
#[derive(Debug, Default)]
struct Counts(HashMap<String, u64>);

impl Counts {
    fn add(&mut self, record: &str, tokenizer: Tokenizer) {
        match tokenizer {
            Tokenizer::Words => {
                let lower = record.to_lowercase();
                for word in lower.split_whitespace() {
                    let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
                    if !word.is_empty() {
                        *self.0.entry(word).or_default() += 1;
                    }
                }
            }
            Tokenizer::Spaces => {
                for word in record.split(' ') {
                    *self.0.entry(word.to_owned()).or_default() += 1;
                }
            }
        }
    }

    /// `results.json`: most frequent first, then by bytes.
    fn json(self) -> Vec<u8> {
        let mut rows: Vec<_> = self.0.into_iter().collect();
        rows.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(word, count)| format!("  {}: {count}", serde_json::Value::from(word)))
            .collect();
        format!("{{\n{}\n}}\n", rows.join(",\n")).into_bytes()
    }
}

/// Numbers by chance that are the same at every start (xorshift).
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_the_rules_of_each_tokenizer() {
        let json = |records: &[&str], tokenizer| {
            let mut counts = Counts::default();
            records
                .iter()
                .for_each(|record| counts.add(record, tokenizer));
            String::from_utf8(counts.json()).unwrap()
        };
        let records = ["It's  \"it\"", "", "ITS --"];
        assert_eq!(
            json(&records, Tokenizer::Words),
            "{\n  \"its\": 2,\n  \"it\": 1\n}\n"
        );
        assert_eq!(
            json(&records, Tokenizer::Spaces),
            "{\n  \"\": 2,\n  \"\\\"it\\\"\": 1,\n  \"--\": 1,\n  \"ITS\": 1,\n  \"It's\": 1\n}\n"
        );
    }

    #[test]
    fn a_sample_is_the_same_every_time() {
        for make in [text, csv] {
            let (one, two) = (make(Tokenizer::Spaces), make(Tokenizer::Spaces));
            assert_eq!(one.expected, two.expected);
            assert!(one.expected.len() > 10_000);
            assert_eq!(one.files().len(), two.files().len());
        }
    }
}
