//! The samples.

use std::fmt::Write;
use std::fs;

use tempfile::TempDir;

use super::counts::Counts;
use super::text_generator::TextGenerator;
use crate::data::{Data, Tokenizer};

/// Returns five text files of about 300 kB each.
///
/// # Panics
/// Panics if the files cannot be written.
pub fn text(tokenizer: Tokenizer) -> Data {
    let folder = temporary_folder();
    let (mut generator, mut counts) = (TextGenerator::new(11), Counts::default());
    for name in ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"] {
        let mut file = String::new();
        while file.len() < 300_000 {
            let line = generator.line();
            counts.add(&line, tokenizer);
            file += &line;
            file += if generator.one_in(8) { "\r\n" } else { "\n" };
        }
        write(&folder, name, &file);
    }
    data(folder, false, tokenizer, counts)
}

/// Returns two CSV files of about 600 kB each, whose cells contain quotes and line ends.
///
/// # Panics
/// Panics if the files cannot be written.
pub fn csv(tokenizer: Tokenizer) -> Data {
    let folder = temporary_folder();
    let (mut generator, mut counts) = (TextGenerator::new(12), Counts::default());
    for name in ["a.csv", "b.csv"] {
        let mut file = "id,text,place\r\n".to_owned();
        for id in 0.. {
            if file.len() > 600_000 {
                break;
            }
            let mut cell = generator.line();
            if generator.one_in(4) {
                cell = format!("{cell}\n\n\"{}\", and", generator.line());
            }
            counts.add(&cell, tokenizer);
            let quoted = cell.replace('"', "\"\"");
            write!(file, "{id},\"{quoted}\",\"up, and \"\"away\"\"\"\r\n")
                .expect("a string accepts text");
        }
        write(&folder, name, &file);
    }
    data(folder, true, tokenizer, counts)
}

/// Returns a table with the columns of the real tweets that tests use. It has no expected result.
///
/// # Panics
/// Panics if the file cannot be written.
pub fn table() -> Data {
    const AIRLINES: [&str; 5] = ["United", "American", "Delta", "Virgin America", "JetÉ"];
    const SENTIMENTS: [&str; 3] = ["negative", "neutral", "positive"];
    let folder = temporary_folder();
    let mut generator = TextGenerator::new(14);
    let mut file =
        "airline,airline_sentiment,airline_sentiment_confidence,negativereason_confidence,name,\
        retweet_count,user_timezone,text\r\n"
            .to_owned();
    for _ in 0..4000 {
        let text = generator.line().replace('"', "\"\"");
        let rng = &mut generator.rng;
        let airline = AIRLINES[rng.usize(..AIRLINES.len())];
        let sentiment = SENTIMENTS[rng.usize(..SENTIMENTS.len())];
        let reason = match rng.u32(..3) {
            0 => String::new(),
            1 => "1".to_owned(),
            _ => format!("0.{:04}", rng.u32(..10_000)),
        };
        let (confidence, name) = (rng.u32(..10_000), rng.u32(..2000));
        let (retweets, zone) = (rng.u32(..40) / rng.u32(1..=40), rng.u32(..30));
        let record = format!(
            "{airline},{sentiment},0.{confidence:04},{reason},name{name},{retweets},\"Zone {zone}, (US)\",\
             \"{text}\n{text}\"\r\n"
        );
        file += &record;
    }
    write(&folder, "a.csv", &file);
    data(folder, true, Tokenizer::Words, Counts::default())
}

/// Returns one file with this text.
///
/// # Panics
/// Panics if the file cannot be written.
pub fn of(text: &str, tokenizer: Tokenizer) -> Data {
    let folder = temporary_folder();
    let mut counts = Counts::default();
    text.lines().for_each(|line| counts.add(line, tokenizer));
    write(&folder, "a.txt", text);
    data(folder, false, tokenizer, counts)
}

/// Returns three text files of about 1.2 MB each with 200,000 distinct words, most of which occur once or twice.
/// A count table of one mebibyte cannot hold the words of one file.
///
/// # Panics
/// Panics if the files cannot be written.
pub fn distinct(tokenizer: Tokenizer) -> Data {
    uniform_words(250_000, tokenizer)
}

/// Returns three text files of about 1.2 MB each with 30,000 distinct words, each of which occurs about 12 times.
///
/// # Panics
/// Panics if the files cannot be written.
pub fn repeated(tokenizer: Tokenizer) -> Data {
    uniform_words(30_000, tokenizer)
}

/// Returns text whose words are all equally likely.
fn uniform_words(vocabulary: u32, tokenizer: Tokenizer) -> Data {
    let folder = temporary_folder();
    let (mut generator, mut counts) = (TextGenerator::new(13), Counts::default());
    for name in ["a.txt", "b.txt", "c.txt"] {
        let mut file = String::new();
        while file.len() < 1_200_000 {
            let words: Vec<_> = (0..8)
                .map(|_| format!("word{}", generator.rng.u32(..vocabulary)))
                .collect();
            let line = words.join(" ");
            counts.add(&line, tokenizer);
            file += &line;
            file += "\n";
        }
        write(&folder, name, &file);
    }
    data(folder, false, tokenizer, counts)
}

fn data(folder: TempDir, csv: bool, tokenizer: Tokenizer, counts: Counts) -> Data {
    let input = folder.path().to_path_buf();
    Data::new(input, csv, tokenizer, counts.json()).in_folder(folder)
}

fn temporary_folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn write(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).expect("a sample can be written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_the_same_in_every_run() {
        for make in [text, csv] {
            let (one, two) = (make(Tokenizer::Spaces), make(Tokenizer::Spaces));
            assert_eq!(one.expected, two.expected);
            assert!(one.expected.len() > 10_000);
            assert_eq!(one.files().len(), two.files().len());
        }
    }
}
