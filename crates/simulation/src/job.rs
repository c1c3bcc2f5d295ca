//! The job of a simulation: its input, its settings, and the result of a sequential program.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use fastrand::Rng;
use mapreduce_core::{JobId, WorkerName};
use mapreduce_job::Registry;
use settings::{Environment, Settings, SettingsArgs};

use crate::client_id::ClientId;

/// Words of the input. They contain several scripts, punctuation that is dropped, and words that become empty.
const WORDS: [&str; 24] = [
    "the",
    "The",
    "of",
    "and,",
    "AND",
    "été",
    "Été",
    "naïve",
    "--",
    "42",
    "x1",
    "ΟΔΟΣ",
    "straße",
    "end.",
    "\"quoted\"",
    "don't",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "日本",
    "…",
];
/// Number of attempts with which a job may fail because of faults.
pub(crate) const FEW_ATTEMPTS: u32 = 4;
/// Stall timeout of the job.
///
/// No fault keeps a cluster silent for so long. The longest ones are a clock that is set back by ten minutes, and
/// faults of connections, which last for 20 s.
pub(crate) const STALL: Duration = Duration::from_secs(25 * 60);

/// A job and its expected result.
#[derive(Debug)]
pub(crate) struct Job {
    settings: Settings,
    registry: Registry,
    /// Time per task of each worker.
    task_times: Vec<Duration>,
    /// Path of the result.
    pub(crate) output: PathBuf,
    /// Expected result.
    pub(crate) expected: Vec<u8>,
    /// Number of workers.
    pub(crate) workers: usize,
    /// True if the job has so few attempts that it may fail.
    pub(crate) may_fail: bool,
    /// True if all workers die for good after the other faults.
    pub(crate) loses_workers: bool,
    /// Redis deadline of the master and the workers.
    pub(crate) deadline: Duration,
    /// Description for reports.
    pub(crate) shape: String,
}

impl Job {
    /// Draws a job and writes its input into `folder`.
    pub(crate) fn draw(rng: &mut Rng, folder: &Path) -> anyhow::Result<Self> {
        let input = folder.join("input");
        std::fs::create_dir_all(&input).context("cannot create the folder of the input")?;
        let (line_count, counts) = draw_input(rng, &input)?;
        let maps = rng.usize(4..14);
        let chunk = line_count.div_ceil(maps);
        let live = rng.u8(..4) == 0;
        // With few slots and many reduce tasks, all slots are busy when a rollback comes.
        let full = rng.u8(..4) == 0;
        let (workers, reduces) = match full {
            true => (rng.usize(1..5), rng.usize(4..13)),
            false => (rng.usize(2..5), rng.usize(1..5)),
        };
        let may_fail = rng.u8(..12) == 0;
        let attempts = if may_fail { FEW_ATTEMPTS } else { 1000 };
        let loses_workers = !may_fail && rng.u8(..16) == 0;
        // The shortest deadline equals the reply timeout, so that the second try comes after the deadline.
        let deadline = Duration::from_secs([60, 120, 300, 300][rng.usize(..4)]);
        let slots = rng.usize(1..if full { 3 } else { 4 });
        let lease = rng.u64(1..6);
        let checkpoint = if rng.bool() {
            "0".to_owned()
        } else {
            format!("{}ms", rng.u64(100..3000))
        };
        let output = folder.join("results.json");
        let aggregate = if live { "live" } else { "shuffle" };
        let settings = settings(&[
            ("JOB__INPUT", &input.display().to_string()),
            ("JOB__OUTPUT", &output.display().to_string()),
            ("JOB__AGGREGATE", aggregate),
            ("JOB__REDUCES", &reduces.to_string()),
            ("JOB__STALL_TIMEOUT", &format!("{}s", STALL.as_secs())),
            ("INPUT__CHUNK_LINES", &chunk.to_string()),
            ("WORKER__SLOTS", &slots.to_string()),
            ("WORKER__MAX_ATTEMPTS", &attempts.to_string()),
            ("WORKER__LEASE", &format!("{lease}s")),
            ("WORKER__MEMORY", "1MiB"),
            ("CHECKPOINT__INTERVAL", &checkpoint),
            ("REDIS__DEADLINE", &format!("{}s", deadline.as_secs())),
        ])?;
        let task_times = draw_task_times(rng, workers);
        let shape = format!(
            "{aggregate}, about {maps} map tasks, {reduces} reduce tasks, {workers} workers"
        );
        let registry = mapreduce_jobs::registry();
        let expected = result(counts);
        Ok(Self {
            settings,
            registry,
            task_times,
            output,
            expected,
            workers,
            may_fail,
            loses_workers,
            deadline,
            shape,
        })
    }

    /// Returns the options of a worker.
    pub(crate) fn worker(&self, name: WorkerName, client: ClientId) -> worker::WorkerOptions {
        worker::WorkerOptions {
            slow: self.task_times[client - 1],
            ..worker::WorkerOptions::new(name, self.registry.clone(), &self.settings)
        }
    }

    /// Returns the options of a master.
    pub(crate) fn master(&self, fresh: JobId, nth: u32) -> master::MasterOptions {
        let options = master::MasterOptions::new(&self.settings, &self.registry);
        master::MasterOptions {
            fresh,
            owner: format!("master-{nth}"),
            ..options.expect("the settings are valid")
        }
    }

    /// Describes how an existing result differs from the expected one.
    pub(crate) fn flaw(&self) -> Option<String> {
        match std::fs::read(&self.output) {
            Ok(found) if found == self.expected => None,
            Ok(found) => Some(format!(
                "the result is wrong: {}",
                String::from_utf8_lossy(&found)
            )),
            Err(_) => None,
        }
    }
}

/// Draws the files of the input. Returns the number of lines and the expected counts.
fn draw_input(rng: &mut Rng, folder: &Path) -> anyhow::Result<(usize, HashMap<String, u64>)> {
    let mut counts = HashMap::new();
    let mut line_count = 0;
    for file in 0..rng.usize(1..3) {
        let lines = rng.usize(20..90);
        let text = text(rng, lines);
        count(&text, &mut counts);
        line_count += lines;
        write_input(&folder.join(format!("{file}.txt")), &text)
            .context("cannot write the input")?;
    }
    Ok((line_count, counts))
}

/// Draws the time per task of each worker. Sometimes the first worker is much slower.
fn draw_task_times(rng: &mut Rng, workers: usize) -> Vec<Duration> {
    let time = |_| Duration::from_millis(rng.u64(1..400));
    let mut task_times: Vec<_> = (0..workers).map(time).collect();
    if rng.u8(..4) == 0 {
        task_times[0] *= 10;
    }
    task_times
}

/// Writes a file of the input. Its modification time is part of the plan, so it is fixed.
fn write_input(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
}

/// Returns settings with these values.
fn settings(given: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let variables = given
        .iter()
        .map(|(name, value)| (format!("MAPREDUCE__{name}"), (*value).to_owned()));
    let around = Environment {
        variables: variables.collect(),
        ..Environment::default()
    };
    Settings::read(&SettingsArgs::default(), &around).context("invalid settings of a simulation")
}

/// Draws a text.
fn text(rng: &mut Rng, lines: usize) -> String {
    let mut text = String::new();
    for _ in 0..lines {
        for _ in 0..rng.usize(0..9) {
            // Two draws make the first words frequent.
            let bound = rng.usize(1..=WORDS.len());
            text += WORDS[rng.usize(..bound)];
            text.push(if rng.u8(..) < 8 { '\u{a0}' } else { ' ' });
        }
        text += if rng.u8(..) < 20 { "\r\n" } else { "\n" };
    }
    text
}

/// Counts words sequentially. This code shares nothing with the code that it checks.
fn count(text: &str, counts: &mut HashMap<String, u64>) {
    for word in text.to_lowercase().split_whitespace() {
        let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        if !word.is_empty() {
            *counts.entry(word).or_default() += 1;
        }
    }
}

/// Returns the file of the result.
fn result(counts: HashMap<String, u64>) -> Vec<u8> {
    let mut by_count: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for (word, count) in counts {
        by_count.entry(count).or_default().push(word);
    }
    let mut lines = Vec::new();
    for (count, mut words) in by_count.into_iter().rev() {
        words.sort_unstable();
        lines.extend(
            words
                .into_iter()
                .map(|word| format!("  \"{word}\": {count}")),
        );
    }
    let mut text = String::new();
    write!(text, "{{\n{}\n}}\n", lines.join(",\n")).expect("writing to a string cannot fail");
    text.into_bytes()
}
