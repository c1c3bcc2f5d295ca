//! The result equals the expected one, byte for byte, for all split sizes and numbers of slots.

use std::fs;
use std::path::{Path, PathBuf};

use mapreduce_core::Tokenizer;

use crate::oracle::Expected;
use crate::sandbox::{Sandbox, arg};

/// Input files with their expected results.
pub(crate) struct Set {
    pub(crate) sandbox: Sandbox,
    input: PathBuf,
    /// Flags of the input format.
    flags: &'static [&'static str],
    words: String,
    spaces: String,
}

impl Set {
    /// Returns the books if `MAPREDUCE_TEST_DATA` is set, otherwise generated text.
    pub(crate) fn books() -> Self {
        Self::load("books", &["--format", "text"], generated_text())
    }

    /// Returns the tweets if `MAPREDUCE_TEST_DATA` is set, otherwise generated CSV.
    pub(crate) fn tweets() -> Self {
        let flags = &["--format", "csv", "--column", "text"];
        Self::load("tweets", flags, generated_csv())
    }

    fn load(
        name: &str,
        flags: &'static [&'static str],
        generated: Vec<(&'static str, String)>,
    ) -> Self {
        let sandbox = Sandbox::new();
        if let Some(data) = testkit::test_data_folder() {
            let text = |tokenizer: &str| {
                let file = data.join(format!("expected/{name}.{tokenizer}.json"));
                fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"))
            };
            let (words, spaces) = (text("words"), text("spaces"));
            return Self {
                sandbox,
                input: data.join(name),
                flags,
                words,
                spaces,
            };
        }
        for (file, text) in &generated {
            sandbox.file(&format!("{name}/{file}"), text);
        }
        let input = sandbox.path(name);
        let [words, spaces] =
            [Tokenizer::Words, Tokenizer::Spaces].map(|t| counted(&input, flags, t));
        Self {
            sandbox,
            input,
            flags,
            words,
            spaces,
        }
    }

    pub(crate) fn files(&self) -> Vec<PathBuf> {
        files(&self.input)
    }

    /// Checks the results of both tokenizers with these flags.
    fn check(&self, flags: &[&str]) {
        self.check_inputs(&[arg(&self.input)], flags);
    }

    pub(crate) fn check_inputs(&self, inputs: &[&str], flags: &[&str]) {
        for (tokenizer, expected) in [("words", &self.words), ("spaces", &self.spaces)] {
            let tokenizer = ["--tokenizer", tokenizer, "--output", "o.json"];
            let args = [inputs, self.flags, &tokenizer, flags].concat();
            self.sandbox.done(&args);
            // `assert_eq` would print half a megabyte.
            assert!(self.sandbox.text("o.json") == *expected, "{args:?}");
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Counts the words of a folder with the oracle.
fn counted(folder: &Path, flags: &[&str], tokenizer: Tokenizer) -> String {
    let mut expected = Expected::default();
    for file in files(folder) {
        let bytes = fs::read(file).expect("a file");
        if flags.contains(&"csv") {
            expected.add_csv(&bytes, "text", tokenizer).expect("CSV");
        } else {
            expected.add_text(&bytes, tokenizer);
        }
    }
    expected.json()
}

fn generated_text() -> Vec<(&'static str, String)> {
    let line = |n: usize| format!("Line {n}:  don't {} «{}» ΟΔΟΣ\r\n\n", n % 97, n * n % 1009);
    let text = |from: usize| (from..from + 9000).map(line).collect();
    vec![("a.txt", text(0)), ("b.txt", text(7)), ("c.txt", text(500))]
}

fn generated_csv() -> Vec<(&'static str, String)> {
    let row = |n: usize| {
        format!(
            "{n},\"@user{} said \"\"no\"\",\nthen  {}\",é\r\n",
            n % 89,
            n * n % 997
        )
    };
    let rows: String = (0..20_000).map(row).collect();
    vec![("tweets.csv", format!("id,text,place\r\n{rows}"))]
}

#[test]
fn every_split_size_and_number_of_slots_gives_the_same_bytes() {
    for set in [Set::books(), Set::tweets()] {
        let sizes = ["1KiB", "4KiB", "100KB", "1MiB", "auto"];
        let slots = ["1", "2", "3", "4", "5", "6", "7", "8"];
        for (at, slots) in slots.into_iter().enumerate() {
            set.check(&["--split-size", sizes[at % sizes.len()], "--slots", slots]);
        }
        for size in &sizes[3..] {
            set.check(&["--split-size", size, "--slots", "1"]);
        }
    }
}

#[test]
fn both_ways_to_aggregate_and_every_number_of_reduce_tasks_give_the_same_bytes() {
    for set in [Set::books(), Set::tweets()] {
        set.check(&["--set", "job.aggregate=live", "--split-size", "100KB"]);
        for (at, reduces) in ["1", "2", "7", "64", "1000"].into_iter().enumerate() {
            let reduces = format!("job.reduces={reduces}");
            let size = ["4KiB", "100KB", "auto"][at % 3];
            set.check(&["--set", &reduces, "--split-size", size, "--slots", "3"]);
        }
    }
}

#[test]
fn a_mebibyte_for_each_slot_and_compressed_runs_give_the_same_bytes() {
    let tight = ["--set", "worker.memory=1MiB", "--set", "job.reduces=3"];
    let packed = ["--set", "shuffle.compression=lz4"];
    for set in [Set::books(), Set::tweets()] {
        set.check(&tight);
        set.check(&[&tight[..], &packed].concat());
        set.check(&[&tight[..], &["--set", "job.aggregate=live"]].concat());
    }
}

#[test]
fn every_number_of_lines_per_split_gives_the_same_bytes() {
    let set = Set::books();
    for lines in ["1", "7", "1000"] {
        set.check(&["--chunk-lines", lines]);
    }
}

#[test]
fn a_folder_its_files_and_its_files_in_any_order_give_the_same_bytes() {
    for set in [Set::books(), Set::tweets()] {
        let files = set.files();
        let mut inputs: Vec<_> = files.iter().map(|file| arg(file)).collect();
        set.check_inputs(&inputs, &[]);
        inputs.reverse();
        set.check_inputs(&inputs, &["--split-size", "4KiB"]);
    }
}

#[test]
fn the_sum_of_the_files_is_the_folder() {
    let set = Set::books();
    let mut sum = Expected::default();
    for file in set.files() {
        sum.add_text(&fs::read(&file).unwrap(), Tokenizer::Words);
        let mut one = Expected::default();
        one.add_text(&fs::read(&file).unwrap(), Tokenizer::Words);
        set.sandbox.done(&[arg(&file), "--output", "one.json"]);
        assert!(set.sandbox.text("one.json") == one.json(), "{file:?}");
    }
    assert!(sum.json() == set.words);
}

#[test]
fn the_oracle_agrees_with_the_expected_files() {
    for set in [Set::books(), Set::tweets()] {
        for (tokenizer, expected) in [
            (Tokenizer::Words, &set.words),
            (Tokenizer::Spaces, &set.spaces),
        ] {
            assert!(counted(&set.input, set.flags, tokenizer) == *expected);
        }
    }
}

#[test]
fn without_arguments_the_folder_input_becomes_output_results_json() {
    let sandbox = Sandbox::new();
    sandbox.file("input/a.txt", "b a b\n");
    sandbox.done(&[]);
    assert_eq!(
        sandbox.text("output/results.json"),
        "{\n  \"b\": 2,\n  \"a\": 1\n}\n"
    );
}
