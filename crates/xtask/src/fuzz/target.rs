//! Running one target.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};
use devtools::workspace::{root, target};

/// Maximum length of a generated input in bytes: several records and blocks, yet thousands of inputs per second.
const MAX_LENGTH: &str = "-max_len=4096";

/// Time limit of one input in seconds: thousands of times what it needs, because the machine may be busy.
const TIMEOUT: &str = "-timeout=60";

/// Limit of the resident memory in MB.
const MEMORY_LIMIT: &str = "-rss_limit_mb=700";

/// Number of lines at the end of the log that the error of a failed run contains.
const LOG_TAIL: usize = 30;

/// A fuzz target. Its name is that of its folder below `fuzz/corpus`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
}

impl Target {
    /// Returns all targets in the order of their names.
    ///
    /// # Errors
    /// The folder of the corpora cannot be read.
    pub(super) fn all() -> anyhow::Result<Vec<Self>> {
        let folder = root().join("fuzz/corpus");
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let mut targets = Vec::new();
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            targets.push(Self { name });
        }
        targets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(targets)
    }

    /// Runs the target on `inputs` inputs and prints a summary.
    ///
    /// # Errors
    /// An input violates the check, exceeds a limit or crashes the program. The error names the file of the input.
    pub(super) fn run(&self, program: &Path, inputs: u64, seed: u64) -> anyhow::Result<()> {
        let found = create(root().join("fuzz/found"))?;
        // libFuzzer adds inputs that reach new code to this folder, so later runs start with them.
        let learned = create(target().join("fuzz/corpus").join(&self.name))?;
        let log = target().join("fuzz").join(format!("{}.log", self.name));
        let output =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let name = &self.name;
        let start = Instant::now();
        let status = self
            .command(program)
            .arg(format!("-runs={inputs}"))
            // libFuzzer takes 0 for a random seed and reads 32 bits.
            .arg(format!("-seed={}", seed as u32))
            .args([MAX_LENGTH, TIMEOUT, MEMORY_LIMIT, "-print_final_stats=1"])
            .arg(format!(
                "-dict={}",
                root().join("fuzz/tokens.dict").display()
            ))
            .arg(format!("-artifact_prefix={}/{name}-", found.display()))
            .arg(&learned)
            .arg(root().join("fuzz/corpus").join(name))
            .stdout(output.try_clone()?)
            .stderr(output)
            .status()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let log_text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        if !status.success() {
            bail!("{}", self.failure(&log_text, &log));
        }
        let seconds = start.elapsed().as_secs_f64();
        let coverage = coverage(&log_text).unwrap_or("?");
        println!(
            "{name:<12} {inputs:>9} inputs  {seconds:>7.1} s  {:>7.0} per second  {coverage:>6} edges covered  ok",
            inputs as f64 / seconds
        );
        Ok(())
    }

    /// Runs the target on the input in `file`.
    ///
    /// # Errors
    /// The input violates the check. The output of the program shows how.
    pub(super) fn replay(&self, program: &Path, file: &Path) -> anyhow::Result<()> {
        let status = self
            .command(program)
            .args([TIMEOUT, MEMORY_LIMIT])
            .arg(file)
            .status()
            .with_context(|| format!("cannot start {}", program.display()))?;
        if !status.success() {
            bail!(
                "{}: the input {} fails: {status}",
                self.name,
                file.display()
            );
        }
        println!("{}: the input {} passes", self.name, file.display());
        Ok(())
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("FUZZ_TARGET", &self.name);
        command
    }

    /// Returns the message about a failed run.
    fn failure(&self, log_text: &str, log: &Path) -> String {
        let name = &self.name;
        let lines: Vec<_> = log_text.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n");
        let input = log_text
            .lines()
            .find_map(|line| line.split_once("Test unit written to "))
            .map(|(_, path)| path.trim());
        match input {
            Some(path) => format!(
                "{tail}\n{name}: an input fails and is kept in {path}; see {}\n\
                 repeat: cargo xtask fuzz {name} --replay {path}",
                log.display()
            ),
            None => format!("{tail}\n{name}: libFuzzer failed; see {}", log.display()),
        }
    }
}

/// Returns the number of covered edges in the log of libFuzzer.
fn coverage(log: &str) -> Option<&str> {
    let (_, rest) = log.rsplit_once(" cov: ")?;
    rest.split_whitespace().next()
}

fn create(folder: PathBuf) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coverage_is_read_from_the_last_status_line() {
        let log = "#2\tINITED cov: 11 ft: 12 corp: 1/1b\n#8\tDONE   cov: 345 ft: 900 corp: 7/9b\n";
        assert_eq!(coverage(log), Some("345"));
        assert_eq!(coverage("error"), None);
    }

    #[test]
    fn a_failure_names_the_input_and_how_to_repeat_it() {
        let target = Target {
            name: "csv".to_owned(),
        };
        let log = "panicked\nartifact_prefix='x/csv-'; Test unit written to x/csv-crash-1\n";
        let message = target.failure(log, Path::new("csv.log"));
        assert!(
            message.ends_with("cargo xtask fuzz csv --replay x/csv-crash-1"),
            "{message}"
        );
    }

    #[test]
    fn every_corpus_folder_is_a_target() {
        let targets = Target::all().unwrap();
        assert_eq!(targets.len(), 19);
    }
}
