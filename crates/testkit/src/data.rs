//! Input of a job with its expected result.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

/// Tokenizer of a word count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokenizer {
    /// Lower case, letters and digits only.
    Words,
    /// Split at each space, unchanged otherwise.
    Spaces,
}

impl Tokenizer {
    /// Returns the value of `input.tokenizer`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Spaces => "spaces",
        }
    }
}

/// Input of a job with its expected result.
#[derive(Debug, Clone)]
pub struct Data {
    /// Folder with the input.
    pub input: PathBuf,
    /// Settings of the input format.
    pub settings: Vec<(&'static str, String)>,
    /// Expected bytes of `results.json`.
    pub expected: Arc<[u8]>,
    /// A temporary folder that lives as long as this value.
    _temporary: Option<Arc<TempDir>>,
}

impl Data {
    /// Returns the files of a folder: CSV with a column `text`, or text.
    pub(crate) fn new(input: PathBuf, csv: bool, tokenizer: Tokenizer, expected: Vec<u8>) -> Self {
        Self {
            settings: format_settings(csv, tokenizer),
            expected: expected.into(),
            input,
            _temporary: None,
        }
    }

    /// Returns the same files without settings and expected result.
    #[must_use]
    pub fn unchecked(self) -> Self {
        Self {
            settings: Vec::new(),
            expected: Arc::default(),
            ..self
        }
    }

    /// Returns a copy of the files, for tests that change them.
    ///
    /// # Panics
    /// Panics if a file cannot be copied.
    #[must_use]
    pub fn copied(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in self.files() {
            let name = path.file_name().expect("a file has a name");
            // `fs::copy` would keep a file read-only.
            let bytes = fs::read(&path).expect("the input can be read");
            fs::write(folder.path().join(name), bytes).expect("a copy can be written");
        }
        self.in_folder(folder)
    }

    /// Returns `folder` as another form of the same data, with the same expected result.
    #[must_use]
    pub fn in_folder(&self, folder: TempDir) -> Self {
        Self {
            input: folder.path().to_path_buf(),
            _temporary: Some(Arc::new(folder)),
            ..self.clone()
        }
    }

    /// Checks that `output` equals the expected result, byte for byte.
    ///
    /// # Panics
    /// Panics with the first line that differs.
    pub fn assert_result(&self, output: &Path) {
        let name = output.display();
        let found = fs::read(output).unwrap_or_else(|error| panic!("{name}: {error}"));
        if found == *self.expected {
            return;
        }
        let lines = |bytes: &[u8]| -> Vec<String> {
            let text = String::from_utf8_lossy(bytes);
            text.split('\n').map(str::to_owned).collect()
        };
        let (found, expected) = (lines(&found), lines(&self.expected));
        let difference = found
            .iter()
            .zip(&expected)
            .position(|(found, expected)| found != expected);
        let line = difference.unwrap_or(found.len().min(expected.len()));
        panic!(
            "{name} is wrong: line {} is {:?}, not {:?}",
            line + 1,
            found.get(line),
            expected.get(line)
        );
    }

    /// Returns the input files, sorted by name.
    ///
    /// # Panics
    /// Panics if the folder cannot be read.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.input).expect("the input can be listed");
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("the input can be listed").path())
            .collect();
        files.sort();
        files
    }
}

fn format_settings(csv: bool, tokenizer: Tokenizer) -> Vec<(&'static str, String)> {
    let mut settings = vec![("input.tokenizer", tokenizer.as_str().to_owned())];
    if csv {
        settings.push(("input.format", "csv".to_owned()));
        settings.push(("input.column", "text".to_owned()));
    }
    settings
}
