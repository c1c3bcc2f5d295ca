//! DuckDB through Python, in an environment of its own under the target folder.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::workspace::{call, find_program, target};

const SCRIPT: &str = include_str!("count_words.py");

/// The script's place in the folder of the benchmark.
pub(super) fn script(folder: &Path) -> PathBuf {
    folder.join("count_words.py")
}

/// The Python that has DuckDB.
pub(super) fn python() -> PathBuf {
    target().join("bench-venv/bin/python")
}

/// Makes the environment and installs DuckDB, unless that was done before.
pub(super) fn prepare(folder: &Path) -> anyhow::Result<()> {
    fs::write(script(folder), SCRIPT).context("cannot write count_words.py")?;
    if !python().is_file() {
        let venv = target().join("bench-venv");
        println!("making a Python environment in {}", venv.display());
        let system =
            find_program("python3").context("DuckDB needs python3; or use `--peers serial`")?;
        call(Command::new(system).args(["-m", "venv"]).arg(&venv))?;
    }
    let known = Command::new(python())
        .args(["-c", "import duckdb; print('DuckDB', duckdb.__version__)"])
        .stderr(Stdio::null())
        .status()
        .context("cannot start the Python of the environment")?;
    if known.success() {
        return Ok(());
    }
    println!("installing DuckDB into the environment");
    call(Command::new(python()).args(["-m", "pip", "install", "--quiet", "duckdb"]))
}

/// Checks that DuckDB counted what the baseline counted; the order of its rows is its own.
pub(super) fn check(table: &Path, json: &Path) -> anyhow::Result<()> {
    let text = fs::read(json).with_context(|| format!("cannot read {}", json.display()))?;
    let mut expected: HashMap<String, u64> =
        serde_json::from_slice(&text).with_context(|| format!("no counts: {}", json.display()))?;
    let mut reader = csv::Reader::from_path(table)
        .with_context(|| format!("cannot read {}", table.display()))?;
    for row in reader.deserialize() {
        let (word, count): (String, u64) = row?;
        let wanted = expected.remove(&word);
        ensure!(
            wanted == Some(count),
            "DuckDB counted {word:?} {count} times, the baseline {wanted:?}"
        );
    }
    ensure!(expected.is_empty(), "DuckDB lacks {} words", expected.len());
    Ok(())
}
