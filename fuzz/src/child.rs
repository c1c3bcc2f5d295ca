//! Tries inputs, in a process that may break.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Context;
use fuzzer::{Corpus, Target};
use nix::sys::resource::{Resource, setrlimit};

use crate::FOLDER;

/// Address space in bytes: several times what any target needs. An input that makes it ask for more breaks it.
const MEMORY: u64 = 512 << 20;

/// Tries so many inputs; the number of the one at hand is in the file `progress`.
pub(crate) fn try_all(
    (name, check): Target,
    inputs: u64,
    seed: u64,
    progress: &Path,
) -> anyhow::Result<()> {
    limit_memory()?;
    let corpus = Corpus::read(&Path::new(FOLDER).join("corpus").join(name))?;
    let file = File::options().write(true).open(progress);
    let file = file.with_context(|| progress.display().to_string())?;
    for number in 0..inputs {
        file.write_all_at(&number.to_le_bytes(), 0)
            .with_context(|| progress.display().to_string())?;
        check(&corpus.input(seed, number));
    }
    Ok(())
}

/// Tries one input.
pub(crate) fn replay((name, check): Target, file: &Path) -> anyhow::Result<()> {
    limit_memory()?;
    let input = fs::read(file).with_context(|| file.display().to_string())?;
    check(&input);
    println!("{name}: {} does not break it", file.display());
    Ok(())
}

fn limit_memory() -> anyhow::Result<()> {
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY).context("memory cannot be limited")
}
