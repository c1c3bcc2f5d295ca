//! Input for a job, with the result that it must give.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::sample;

/// How words are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokenizer {
    /// Lower case, letters and digits only.
    Words,
    /// Cut at each space, nothing else.
    Spaces,
}

impl Tokenizer {
    /// The word in `input.tokenizer`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Spaces => "spaces",
        }
    }
}

/// Input for a job, with the result that it must give.
#[derive(Debug, Clone)]
pub struct Data {
    /// The folder with the input.
    pub input: PathBuf,
    /// Settings that say how to read it.
    pub settings: Vec<(&'static str, String)>,
    /// `results.json`, byte for byte.
    pub expected: Arc<[u8]>,
    /// Keeps a folder that was made here.
    _made: Option<Arc<TempDir>>,
}

impl Data {
    /// Five books as text, 1.6 MB; a sample of that shape where they are not at hand.
    pub fn books(tokenizer: Tokenizer) -> Self {
        Self::shared("books", tokenizer).unwrap_or_else(|| sample::text(tokenizer))
    }

    /// Short messages as CSV, 3.2 MB; a sample of that shape where they are not at hand.
    pub fn tweets(tokenizer: Tokenizer) -> Self {
        Self::shared("tweets", tokenizer).unwrap_or_else(|| sample::csv(tokenizer))
    }

    /// The table of `tweets` with all of its columns, for tests that find out the result themselves; a sample with
    /// the columns that they need where it is not at hand.
    pub fn table() -> Self {
        let tweets = Self::shared("tweets", Tokenizer::Words);
        tweets.unwrap_or_else(sample::table).unchecked()
    }

    /// The same files without a result and without settings, for tests that have their own.
    #[must_use]
    pub fn unchecked(self) -> Self {
        Self {
            settings: Vec::new(),
            expected: Arc::default(),
            ..self
        }
    }

    /// The data that lies beside the project: real input, and results of an independent program.
    fn shared(set: &str, tokenizer: Tokenizer) -> Option<Self> {
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        let expected = format!("expected/{set}.{}.json", tokenizer.as_str());
        let expected = fs::read(shared.join(expected)).ok()?;
        let input = shared.join(set).canonicalize().ok()?;
        Some(Self {
            settings: reading(set == "tweets", tokenizer),
            expected: expected.into(),
            input,
            _made: None,
        })
    }

    /// Input that was made in `folder`.
    pub(crate) fn made(
        folder: TempDir,
        csv: bool,
        tokenizer: Tokenizer,
        expected: Vec<u8>,
    ) -> Self {
        Self {
            input: folder.path().to_path_buf(),
            settings: reading(csv, tokenizer),
            expected: expected.into(),
            _made: Some(Arc::new(folder)),
        }
    }

    /// A copy of the files, for tests that change them.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn copied(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in self.files() {
            let name = path.file_name().expect("a file has a name");
            // Not `fs::copy`, which would keep a file read-only.
            let bytes = fs::read(&path).expect("the input can be read");
            fs::write(folder.path().join(name), bytes).expect("a copy can be written");
        }
        self.as_in(folder)
    }

    /// The same data in another form, which lies in `folder` and must give the same result.
    #[must_use]
    pub fn as_in(&self, folder: TempDir) -> Self {
        Self {
            input: folder.path().to_path_buf(),
            _made: Some(Arc::new(folder)),
            ..self.clone()
        }
    }

    /// Checks that `output` is what must come of this input, byte for byte.
    ///
    /// # Panics
    /// If it is not, with the first difference.
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
        let other = found
            .iter()
            .zip(&expected)
            .position(|(found, expected)| found != expected);
        let at = other.unwrap_or(found.len().min(expected.len()));
        let (found, expected) = (found.get(at), expected.get(at));
        panic!(
            "{name} is wrong: line {} is {found:?}, not {expected:?}",
            at + 1
        );
    }

    /// The input files, by name.
    ///
    /// # Panics
    /// If the folder cannot be read.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.input).expect("the input can be listed");
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("the input can be listed").path())
            .collect();
        files.sort();
        files
    }
}

fn reading(csv: bool, tokenizer: Tokenizer) -> Vec<(&'static str, String)> {
    let mut settings = vec![("input.tokenizer", tokenizer.as_str().to_owned())];
    if csv {
        settings.push(("input.format", "csv".to_owned()));
        settings.push(("input.column", "text".to_owned()));
    }
    settings
}
