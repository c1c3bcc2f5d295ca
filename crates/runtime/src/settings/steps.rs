//! A job of several steps: a file with a table of settings for each.
//!
//! ```toml
//! [[step]]
//! name = "count"
//! job.name = "word-count"
//! job.input = "input/"
//!
//! [[step]]
//! name = "lengths"
//! job.name = "histogram"
//! job.params.width = 10
//! ```
//! What a step does not set is as for a job without steps. Unless they set it otherwise, the first reads `job.input`, the
//! last writes `job.output`, and in between a step reads what the one before it wrote, in a folder beside the output.

use std::path::{Path, PathBuf};

use config::{File, FileFormat, Map, Value, ValueKind};

use super::args::SettingsArgs;
use super::error::SettingsError;
use super::layers::{Entry, Layer, Layers, flatten};
use super::surroundings::Surroundings;
use super::tree::Settings;

/// A step, with all of its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name; `None` for a job without steps.
    pub name: Option<String>,
    /// What holds for it.
    pub settings: Settings,
}

/// Most steps of a job.
const MOST: usize = 1000;

impl Settings {
    /// The steps of the job: those of the file that `job.file` names, or the job itself as the only one.
    ///
    /// # Errors
    /// As for [`Settings::read`]; the step is named.
    pub fn read_steps(
        args: &SettingsArgs,
        around: &Surroundings,
    ) -> Result<Vec<Step>, SettingsError> {
        let layers = Layers::collect(args, around)?;
        let whole = layers.clone().read()?;
        let Some(file) = whole.job.file.clone() else {
            let (name, settings) = (None, whole);
            return Ok(vec![Step { name, settings }]);
        };
        let tables = tables(&file, around)?;
        let count = tables.len();
        let mut steps: Vec<Step> = Vec::with_capacity(count);
        for (nth, table) in (1..).zip(tables) {
            let origin = format!("step {nth} of the file {}", file.display());
            let (name, own) = step(nth, table, &origin);
            if let Some(other) = own.iter().find(|entry| !is_of_a_step(&entry.name)) {
                let detail = format!(
                    "{origin}: {} is the same for all steps; set it in mapreduce.toml, in the environment or by a flag",
                    other.name
                );
                return Err(SettingsError::Inconsistent { detail });
            }
            let mut between = Vec::new();
            if let Some(before) = steps.last() {
                between.extend(follow(&before.settings, &own, &origin));
            }
            if nth < count && !sets(&own, "job.output") {
                let path = between_steps(&whole.job.output, nth, &name);
                between.push(Entry::text("job.output", &path.to_string_lossy(), &origin));
            }
            let settings = layers
                .clone()
                .with(Layer(between))?
                .with(Layer(own))?
                .read()?;
            if steps.iter().any(|other| other.name.as_ref() == Some(&name)) {
                let detail = format!("{origin}: another step is called {name:?}, too");
                return Err(SettingsError::Inconsistent { detail });
            }
            let name = Some(name);
            steps.push(Step { name, settings });
        }
        Ok(steps)
    }
}

/// The tables of all steps.
fn tables(file: &Path, around: &Surroundings) -> Result<Vec<Map<String, Value>>, SettingsError> {
    let wrong = |detail: String| SettingsError::File {
        file: file.display().to_string(),
        detail,
    };
    let text = std::fs::read_to_string(around.folder.join(file));
    tables_of(&text.map_err(|error| wrong(error.to_string()))?, file)
}

/// The tables in the text of the file.
pub(super) fn tables_of(text: &str, file: &Path) -> Result<Vec<Map<String, Value>>, SettingsError> {
    let wrong = |detail: String| SettingsError::File {
        file: file.display().to_string(),
        detail,
    };
    let tree = File::from_str(text, FileFormat::Toml);
    let mut tree = config::Source::collect(&tree)
        .map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
    let steps = tree.remove("step").map(|steps| steps.kind);
    if let Some(other) = tree.keys().next() {
        return Err(wrong(format!(
            "{other} does not belong to a step; put it under a line [[step]], or into mapreduce.toml if it is for all"
        )));
    }
    let Some(ValueKind::Array(steps)) = steps else {
        return Err(wrong("it has no steps: tables [[step]]".to_owned()));
    };
    if steps.is_empty() {
        return Err(wrong("it has no steps: tables [[step]]".to_owned()));
    }
    if steps.len() > MOST {
        return Err(wrong(format!("it has more than {MOST} steps")));
    }
    let table = |step: Value| match step.kind {
        ValueKind::Table(table) => Ok(table),
        _ => Err(wrong("a step is not a table [[step]]".to_owned())),
    };
    steps.into_iter().map(table).collect()
}

/// The name of a step, and what it sets.
pub(super) fn step(
    nth: usize,
    mut table: Map<String, Value>,
    origin: &str,
) -> (String, Vec<Entry>) {
    let name = table.remove("name").map(|name| name.to_string());
    let name = name.unwrap_or_else(|| format!("step-{nth}"));
    let mut own = Vec::new();
    flatten("", table, origin, &mut own);
    (name, own)
}

/// Whether a step may have its own: what it does, reads and writes, not how the programs work.
fn is_of_a_step(name: &str) -> bool {
    let general = ["redis.", "worker.", "log.", "checkpoint.", "crash."];
    let whole = [
        "job.file",
        "job.id",
        "job.keep",
        "job.stall_notice",
        "job.stall_timeout",
    ];
    !general.iter().any(|section| name.starts_with(section)) && !whole.contains(&name)
}

fn sets(entries: &[Entry], name: &str) -> bool {
    entries.iter().any(|entry| entry.name == name)
}

/// What a step without an input of its own reads: the output of the one before it.
fn follow(before: &Settings, own: &[Entry], origin: &str) -> Vec<Entry> {
    if sets(own, "job.input") {
        return Vec::new();
    }
    let output = &before.job.output;
    let mut entries = vec![Entry::text("job.input", &output.to_string_lossy(), origin)];
    let ending = output.extension().and_then(|ending| ending.to_str());
    if ending == Some("tsv") && !sets(own, "input.format") {
        entries.push(Entry::text("input.format", "keyvalue", origin));
    }
    entries
}

/// Where a step writes that is not the last: `results.steps/1-count.tsv` beside `results.json`.
fn between_steps(output: &Path, nth: usize, name: &str) -> PathBuf {
    let safe = |c: char| {
        if c.is_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(safe).collect();
    steps_folder(output).join(format!("{nth}-{name}.tsv"))
}

/// The folder for what lies between the steps of a job with this output: `results.steps` beside `results.json`.
pub fn steps_folder(output: &Path) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{stem}.steps"))
}
