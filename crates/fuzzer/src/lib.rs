//! Inputs for what must hold for any bytes at all: files of a corpus, changed at random under a seed.
//!
//! The input of a number depends on the corpus, the seed and the number alone. So whoever knows these three has the
//! input, and each can be tried without the ones before it.

mod change;
mod json;
mod numbers;

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use change::change;
pub use numbers::Numbers;

/// What must hold for any bytes: it panics if it does not.
pub type Check = fn(&[u8]);

/// A check and its name, which is that of the folder of its corpus.
pub type Target = (&'static str, Check);

/// Longest input, in bytes: long enough for several records and blocks, short enough for thousands of tries a second.
const LONGEST: usize = 600;
/// Most changes of one input. Few leave much of its form, many get it far away.
const CHANGES: u32 = 6;

/// Inputs that are known to be of some interest.
#[derive(Debug)]
pub struct Corpus {
    files: Vec<Vec<u8>>,
}

impl Corpus {
    /// The files of `folder`, by name.
    ///
    /// # Errors
    /// It cannot be read, or there is no file.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", folder.display()))
        };
        let entries = fs::read_dir(folder).map_err(named)?;
        let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
        let mut paths = paths.map_err(named)?;
        paths.sort();
        let files: io::Result<Vec<_>> = paths.iter().map(fs::read).collect();
        let files = files.map_err(named)?;
        match files.is_empty() {
            true => Err(named(io::Error::other("there is no file to begin with"))),
            false => Ok(Self { files }),
        }
    }

    /// Number of files.
    pub fn len(&self) -> u64 {
        self.files.len() as u64
    }

    /// Whether there is none, which [`Corpus::read`] refuses.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The input `number` under `seed`: first the files as they are, then changed ones.
    pub fn input(&self, seed: u64, number: u64) -> Vec<u8> {
        if let Some(file) = usize::try_from(number)
            .ok()
            .and_then(|at| self.files.get(at))
        {
            return file.clone();
        }
        let mut numbers = Numbers::new(seed, number);
        let mut input = numbers.one_of(&self.files).clone();
        for _ in 0..=numbers.below(CHANGES) {
            let other = numbers.one_of(&self.files);
            change(&mut input, other, &mut numbers);
            input.truncate(LONGEST.max(self.files[0].len()));
        }
        input
    }
}

/// Tries so many inputs of each target's corpus in the folder `corpora`; for tests.
///
/// # Panics
/// If an input breaks a target: with what it said, and all that it takes to have the input again.
pub fn try_all(corpora: &Path, targets: &[Target], inputs: u64, seed: u64) {
    for (name, check) in targets {
        let corpus = Corpus::read(&corpora.join(name)).expect("every target has a corpus");
        for number in 0..inputs.max(corpus.len()) {
            let input = corpus.input(seed, number);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&input))) {
                let shown = input.escape_ascii();
                #[expect(clippy::print_stderr, reason = "the test harness shows it")]
                {
                    eprintln!("{name}: input {number} of seed {seed} breaks it: b\"{shown}\"");
                }
                resume_unwind(panic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus() -> Corpus {
        Corpus {
            files: vec![b"{\"a\": [1, 2]}".to_vec(), b"x,y\n1,2\n".to_vec()],
        }
    }

    #[test]
    fn an_input_is_known_by_its_seed_and_number() {
        let corpus = corpus();
        assert_eq!(corpus.input(1, 0), corpus.files[0]);
        assert_eq!(corpus.input(1, 1), corpus.files[1]);
        for number in 2..500 {
            let input = corpus.input(1, number);
            assert_eq!(input, corpus.input(1, number));
            assert!(input.len() <= LONGEST);
        }
    }

    #[test]
    fn inputs_differ_from_each_other() {
        let corpus = corpus();
        let inputs: std::collections::BTreeSet<_> =
            (0..2000).map(|number| corpus.input(7, number)).collect();
        assert!(inputs.len() > 1700, "{}", inputs.len());
        assert!((2..100).any(|number| corpus.input(1, number) != corpus.input(2, number)));
    }
}
