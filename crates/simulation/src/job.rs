//! The job of a simulation: its input, its settings, and the result that a plain sequential program gives.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use fastrand::Rng;
use mapreduce::{JobId, Registry, WorkerName};
use runtime::{Settings, SettingsArgs, Surroundings};

use crate::world::Client;

/// Words of the input: letters of several scripts, marks that are dropped, and words that become empty.
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
/// A job with fewer attempts than this may run out of them under fire.
pub(crate) const FEW_ATTEMPTS: u32 = 4;
/// After so long without a sign of life a job ends. No fault keeps a cluster silent for so long: the longest is a
/// clock that is set back by ten minutes, and troubles of connections last for 20 s.
pub(crate) const STALL: Duration = Duration::from_secs(25 * 60);

/// What is to be done, and what must come of it.
#[derive(Debug)]
pub(crate) struct Job {
    settings: Settings,
    registry: Registry,
    /// How long a worker takes for a task, by its number from 1.
    paces: Vec<Duration>,
    /// Where the result goes.
    pub(crate) output: PathBuf,
    /// What it must be.
    pub(crate) expected: Vec<u8>,
    /// How many workers there are.
    pub(crate) workers: usize,
    /// Whether the job may fail for want of attempts.
    pub(crate) may_fail: bool,
    /// Whether all workers die for good once everything else that goes wrong has.
    pub(crate) deserted: bool,
    /// How long everybody waits for a store that does not answer.
    pub(crate) deadline: Duration,
    /// How it is cut and counted, for people.
    pub(crate) shape: String,
}

impl Job {
    /// Draws a job and writes its input into `folder`.
    pub(crate) fn draw(rng: &mut Rng, folder: &Path) -> anyhow::Result<Self> {
        let input = folder.join("input");
        std::fs::create_dir_all(&input).context("cannot make the folder of the input")?;
        let mut counts = HashMap::new();
        let mut lines_in_all = 0;
        for file in 0..rng.usize(1..3) {
            let lines = rng.usize(20..90);
            let text = text(rng, lines);
            count(&text, &mut counts);
            lines_in_all += lines;
            write_input(&input.join(format!("{file}.txt")), &text)
                .context("cannot write the input")?;
        }
        let maps = rng.usize(4..14);
        let chunk = lines_in_all.div_ceil(maps);
        let live = rng.u8(..4) == 0;
        // Few hands and many reduce tasks: a rollback finds every slot full of what it took.
        let full = rng.u8(..4) == 0;
        let (workers, reduces) = match full {
            true => (rng.usize(1..5), rng.usize(4..13)),
            false => (rng.usize(2..5), rng.usize(1..5)),
        };
        let may_fail = rng.u8(..12) == 0;
        let attempts = if may_fail { FEW_ATTEMPTS } else { 1000 };
        let deserted = !may_fail && rng.u8(..16) == 0;
        // The shortest is as long as an answer is waited for: the second try comes after it.
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
        let mut paces: Vec<_> = (0..workers)
            .map(|_| Duration::from_millis(rng.u64(1..400)))
            .collect();
        if rng.u8(..4) == 0 {
            paces[0] *= 10;
        }
        let shape = format!(
            "{aggregate}, {maps} map tasks or so, {reduces} reduce tasks, {workers} workers"
        );
        let registry = mapreduce_jobs::registry();
        let expected = result(counts);
        Ok(Self {
            settings,
            registry,
            paces,
            output,
            expected,
            workers,
            may_fail,
            deserted,
            deadline,
            shape,
        })
    }

    /// What a worker is to know.
    pub(crate) fn worker(&self, name: WorkerName, client: Client) -> worker::Options {
        worker::Options {
            slow: self.paces[client - 1],
            ..worker::Options::new(name, self.registry.clone(), &self.settings)
        }
    }

    /// What a master is to know.
    pub(crate) fn master(&self, fresh: JobId, nth: u32) -> master::Options {
        let options = master::Options::new(&self.settings, &self.registry);
        master::Options {
            fresh,
            owner: format!("master-{nth}"),
            ..options.expect("the settings fit")
        }
    }

    /// What is wrong with the file of the result, if it is there.
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

/// Writes a file of the input. Its time is part of the plan, and so must not differ.
fn write_input(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
}

fn settings(given: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let variables = given
        .iter()
        .map(|(name, value)| (format!("MAPREDUCE__{name}"), (*value).to_owned()));
    let around = Surroundings {
        variables: variables.collect(),
        ..Surroundings::default()
    };
    Settings::read(&SettingsArgs::default(), &around).context("the settings of a simulation")
}

fn text(rng: &mut Rng, lines: usize) -> String {
    let mut text = String::new();
    for _ in 0..lines {
        for _ in 0..rng.usize(0..9) {
            // Few are frequent.
            let bound = rng.usize(1..=WORDS.len());
            text += WORDS[rng.usize(..bound)];
            text.push(if rng.u8(..) < 8 { '\u{a0}' } else { ' ' });
        }
        text += if rng.u8(..) < 20 { "\r\n" } else { "\n" };
    }
    text
}

/// The sequential program: nothing of it is shared with what it checks.
fn count(text: &str, counts: &mut HashMap<String, u64>) {
    for word in text.to_lowercase().split_whitespace() {
        let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        if !word.is_empty() {
            *counts.entry(word).or_default() += 1;
        }
    }
}

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
    write!(text, "{{\n{}\n}}\n", lines.join(",\n")).expect("a string takes text");
    text.into_bytes()
}
