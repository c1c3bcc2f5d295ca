//! Inputs that most tests use: real ones where the machine has them, generated samples otherwise.
//!
//! Set [`TEST_DATA_VARIABLE`] to a folder with real input:
//!
//! ```text
//! books/      text files
//! tweets/     CSV files with a column `text`
//! expected/   books.words.json, books.spaces.json, tweets.words.json, tweets.spaces.json
//! ```
//! The expected results were counted by an independent program.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::data::{Data, Tokenizer};
use crate::sample;

/// Environment variable with the path of a folder with real input.
pub const TEST_DATA_VARIABLE: &str = "MAPREDUCE_TEST_DATA";

/// Returns the folder that [`TEST_DATA_VARIABLE`] names, if it is set.
///
/// # Panics
/// Panics if the variable names something else than a folder. Otherwise a typing error would look like a test
/// of the real input that passed.
pub fn test_data_folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os(TEST_DATA_VARIABLE).filter(|value| !value.is_empty())?);
    // Processes under test run in other folders.
    let absolute = folder.canonicalize().unwrap_or_default();
    assert!(
        absolute.is_dir(),
        "{TEST_DATA_VARIABLE}={}: not a folder; name one with books, tweets and expected, or unset the variable",
        folder.display()
    );
    Some(absolute)
}

impl Data {
    /// Returns five books as text, or a sample of the same shape.
    pub fn books(tokenizer: Tokenizer) -> Self {
        match test_data_folder() {
            Some(folder) => real(&folder, "books", tokenizer),
            None => sample::text(tokenizer),
        }
    }

    /// Returns short messages as CSV, or a sample of the same shape.
    pub fn tweets(tokenizer: Tokenizer) -> Self {
        match test_data_folder() {
            Some(folder) => real(&folder, "tweets", tokenizer),
            None => sample::csv(tokenizer),
        }
    }

    /// Returns the table of `tweets` with all of its columns, or a sample with the columns that tests use.
    ///
    /// It has no expected result; the tests compute their own.
    pub fn table() -> Self {
        let table = match test_data_folder() {
            Some(folder) => real(&folder, "tweets", Tokenizer::Words),
            None => sample::table(),
        };
        table.unchecked()
    }
}

fn real(folder: &Path, set: &str, tokenizer: Tokenizer) -> Data {
    let expected = folder.join(format!("expected/{set}.{}.json", tokenizer.as_str()));
    let expected =
        fs::read(&expected).unwrap_or_else(|error| panic!("{}: {error}", expected.display()));
    Data::new(folder.join(set), set == "tweets", tokenizer, expected)
}
