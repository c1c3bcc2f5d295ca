//! Targets, and running them in a test.

use std::path::Path;

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::corpus::Corpus;
use crate::edit::edited_files;
use crate::tokens;

/// A check that must hold for any bytes. It panics if it does not.
pub type Check = fn(&[u8]);

/// The name and the check of a target. The name is also that of its folder below `fuzz/corpus`.
pub type Target = (&'static str, Check);

/// Runs each target on its corpus and on `inputs` random edits of it, which depend only on `seed`.
///
/// `corpora` is the folder `fuzz/corpus`. The file `tokens.dict` next to it contains the tokens of the edits.
///
/// # Panics
/// An input violates a check. The message contains a minimal input.
pub fn try_all(corpora: &Path, targets: &[Target], inputs: u64, seed: u64) {
    let dictionary = corpora.join("../tokens.dict");
    let tokens = tokens::read(&dictionary).unwrap_or_else(|error| panic!("{error}"));
    for (name, check) in targets {
        let corpus = Corpus::read(&corpora.join(name)).unwrap_or_else(|error| panic!("{error}"));
        corpus.files().iter().for_each(|file| check(file));
        let config = Config {
            cases: u32::try_from(inputs).expect("the number of inputs fits into 32 bits"),
            failure_persistence: None,
            ..Config::default()
        };
        let edited = edited_files(corpus, tokens.clone());
        let outcome = TestRunner::new_with_rng(config, seeded(seed)).run(&edited, |input| {
            check(&input);
            Ok(())
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(reason, input)) => {
                panic!(
                    "{name}: {reason}; minimal input: b\"{}\"",
                    input.escape_ascii()
                )
            }
            Err(TestError::Abort(reason)) => panic!("{name}: cannot run: {reason}"),
        }
    }
}

fn seeded(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::panic::catch_unwind;

    use super::*;

    /// A folder with the corpus of the target `csv` and a dictionary.
    fn corpora() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("corpus/csv")).unwrap();
        fs::write(folder.path().join("corpus/csv/one"), "x,y\n1,2\n").unwrap();
        fs::write(folder.path().join("tokens.dict"), "\"needle\"\n").unwrap();
        folder
    }

    #[test]
    fn a_check_that_holds_passes() {
        let folder = corpora();
        try_all(&folder.path().join("corpus"), &[("csv", |_| {})], 100, 1);
    }

    #[test]
    fn a_violated_check_fails_with_a_minimal_input() {
        let folder = corpora();
        let check: Check = |input| {
            assert!(!input.windows(6).any(|part| part == b"needle"), "found it");
        };
        let run = || try_all(&folder.path().join("corpus"), &[("csv", check)], 1000, 1);
        let panic = catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.starts_with("csv: found it"), "{message}");
        assert!(message.contains("needle"), "{message}");
    }
}
