//! Watches a process that tries inputs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use fuzzer::Corpus;

use crate::FOLDER;

/// How long an input may take: thousands of times what it does, for machines that are busy with something else.
const LONGEST: Duration = Duration::from_secs(60);
/// Time between looks at the process.
const LOOK: Duration = Duration::from_millis(50);

/// Tries so many inputs on the target of that name.
///
/// # Errors
/// One broke it: all that it takes to try it again.
pub(crate) fn run(name: &str, inputs: u64, seed: u64) -> anyhow::Result<()> {
    let found = Path::new(FOLDER).join("found");
    fs::create_dir_all(&found).with_context(|| found.display().to_string())?;
    let progress = found.join(format!("{name}.{}", std::process::id()));
    fs::write(&progress, 0u64.to_le_bytes()).with_context(|| progress.display().to_string())?;
    let start = Instant::now();
    let outcome = watch(name, inputs, seed, &progress);
    let number = at(&progress);
    fs::remove_file(&progress).with_context(|| progress.display().to_string())?;
    let Err(how) = outcome? else {
        let took = start.elapsed().as_secs_f64();
        let rate = inputs as f64 / took;
        println!(
            "{name:<12} {inputs:>9} inputs  {took:>7.1} s  {rate:>7.0} a second  none breaks it"
        );
        return Ok(());
    };
    let file = keep(name, seed, number, &found)?;
    bail!(
        "{name}: input {number} of seed {seed} breaks it: {how}; it lies in {file}\n\
         to try it again: cargo xtask fuzz {name} --replay {file}",
        file = file.display()
    )
}

/// The inner error says how the process ended.
fn watch(
    name: &str,
    inputs: u64,
    seed: u64,
    progress: &Path,
) -> anyhow::Result<Result<(), String>> {
    let this = std::env::current_exe().context("this program has no path")?;
    let mut child = Command::new(this)
        .args([name, "--inputs", &inputs.to_string()])
        .args(["--seed", &seed.to_string(), "--progress"])
        .arg(progress)
        .spawn()
        .context("this program cannot be started again")?;
    let ended = wait(&mut child, progress)?;
    Ok(match ended {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(status.to_string()),
        None => Err(format!("it took more than {} s", LONGEST.as_secs())),
    })
}

/// Waits for its end; `None` if it was killed because an input took too long.
fn wait(child: &mut Child, progress: &Path) -> anyhow::Result<Option<ExitStatus>> {
    let (mut last, mut since) = (0, Instant::now());
    loop {
        if let Some(status) = child.try_wait().context("it cannot be waited for")? {
            return Ok(Some(status));
        }
        let now = at(progress);
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > LONGEST {
            child.kill().context("it cannot be killed")?;
            child.wait().context("it cannot be waited for")?;
            return Ok(None);
        }
        sleep(LOOK);
    }
}

/// The number of the input at hand.
fn at(progress: &Path) -> u64 {
    let bytes = fs::read(progress).unwrap_or_default();
    bytes
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Writes the input to a file.
fn keep(name: &str, seed: u64, number: u64, found: &Path) -> anyhow::Result<PathBuf> {
    let corpus = Corpus::read(&Path::new(FOLDER).join("corpus").join(name))?;
    let file = found.join(format!("{name}-{seed}-{number}"));
    fs::write(&file, corpus.input(seed, number)).with_context(|| file.display().to_string())?;
    Ok(file)
}
