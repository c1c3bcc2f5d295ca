//! Jobs with several steps, read from a file with a table of settings for each step.
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
//! A setting that a step does not set has the same value as in a job without steps. By default the first step reads
//! `job.input` and the last step writes `job.output`. Between them, each step reads the output of the step before it,
//! in a folder next to the output.

use std::path::{Path, PathBuf};

use config::{File, FileFormat, Map, Value, ValueKind};
use mapreduce_core::{InputEncoding, OutputName};

use super::args::SettingsArgs;
use super::environment::Environment;
use super::error::SettingsError;
use super::layer::{Entry, Layer};
use super::layers::Layers;
use super::tree::Settings;

/// A step of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The name of the step; `None` for a job without steps.
    pub name: Option<String>,
    /// All settings of the step.
    pub settings: Settings,
}

/// Most steps of a job: far more than a person writes, so that a generated file that is wrong is found.
const MAX_STEPS: usize = 1000;

impl Settings {
    /// Reads the steps in the file `job.file`; a job without such a file is its own single step.
    ///
    /// # Errors
    /// The errors of [`Settings::read`]; the message names the step.
    pub fn read_steps(
        args: &SettingsArgs,
        environment: &Environment,
    ) -> Result<Vec<Step>, SettingsError> {
        let layers = Layers::collect(args, environment)?;
        let whole = layers.clone().read()?;
        let Some(file) = whole.job.file.clone() else {
            let (name, settings) = (None, whole);
            return Ok(vec![Step { name, settings }]);
        };
        let tables = tables(&file, environment)?;
        let count = tables.len();
        let mut steps: Vec<Step> = Vec::with_capacity(count);
        for (nth, table) in (1..).zip(tables) {
            let origin = format!("step {nth} of the file {}", file.display());
            let (name, own) = step(nth, table, &origin);
            if let Some(other) = own
                .iter()
                .find(|entry| !may_differ_between_steps(&entry.name))
            {
                let detail = format!(
                    "{origin}: {} cannot differ between steps; set it in mapreduce.toml, in the environment or by a flag",
                    other.name
                );
                return Err(SettingsError::Inconsistent { detail });
            }
            let mut between = Vec::new();
            if let Some(before) = steps.last() {
                refuse_stream(&before.settings.job.output, &origin)?;
                between.extend(input_from(&before.settings, &own, &origin));
            }
            if nth < count && !sets(&own, "job.output") {
                let path = intermediate_output(&whole.job.output, nth, &name);
                between.push(Entry::text("job.output", &path.to_string_lossy(), &origin));
                // The next step finds columns by their names, whatever the last result looks like.
                between.push(Entry::text("output.header", "true", &origin));
            }
            let settings = layers
                .clone()
                .with(Layer(between))?
                .with(Layer(own))?
                .read()?;
            if steps.iter().any(|other| other.name.as_ref() == Some(&name)) {
                let detail = format!(
                    "{origin}: another step has the name {name:?}; give each step a unique name"
                );
                return Err(SettingsError::Inconsistent { detail });
            }
            let name = Some(name);
            steps.push(Step { name, settings });
        }
        Ok(steps)
    }
}

/// Rejects standard output as the output of a step that is not the last one.
fn refuse_stream(output: &Path, origin: &str) -> Result<(), SettingsError> {
    if output != Path::new("-") {
        return Ok(());
    }
    let detail = format!(
        "{origin}: the step before it writes to standard output; set job.output of that step to a file"
    );
    Err(SettingsError::Inconsistent { detail })
}

/// Reads the tables of all steps from `file`.
fn tables(
    file: &Path,
    environment: &Environment,
) -> Result<Vec<Map<String, Value>>, SettingsError> {
    let wrong = |detail: String| SettingsError::File {
        file: file.display().to_string(),
        detail,
    };
    let text = std::fs::read_to_string(environment.folder.join(file));
    tables_of(&text.map_err(|error| wrong(error.to_string()))?, file)
}

/// Parses the tables of all steps in `text`, the content of `file`.
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
            "{other} is outside of a step; move it below a line [[step]], or into mapreduce.toml if it applies to all steps"
        )));
    }
    let Some(ValueKind::Array(steps)) = steps else {
        return Err(wrong(
            "the file has no steps; add a table [[step]] for each step".to_owned(),
        ));
    };
    if steps.is_empty() {
        return Err(wrong(
            "the file has no steps; add a table [[step]] for each step".to_owned(),
        ));
    }
    if steps.len() > MAX_STEPS {
        return Err(wrong(format!(
            "the file has more than {MAX_STEPS} steps, the maximum"
        )));
    }
    let table = |step: Value| match step.kind {
        ValueKind::Table(table) => Ok(table),
        _ => Err(wrong(
            "a step is not a table; write each step as a table [[step]]".to_owned(),
        )),
    };
    steps.into_iter().map(table).collect()
}

/// Splits the table of a step into its name and its settings.
pub(super) fn step(
    nth: usize,
    mut table: Map<String, Value>,
    origin: &str,
) -> (String, Vec<Entry>) {
    let name = table.remove("name").map(|name| name.to_string());
    let name = name.unwrap_or_else(|| format!("step-{nth}"));
    let Layer(own) = Layer::of_tables(table, origin);
    (name, own)
}

/// Returns `true` if steps may differ in this setting. They may differ in the job, its input and its output.
///
/// The other settings belong to the programs, which run all steps.
fn may_differ_between_steps(name: &str) -> bool {
    let sections = ["redis.", "worker.", "log.", "checkpoint.", "crash."];
    let settings = [
        "job.file",
        "job.id",
        "job.keep",
        "job.stall_notice",
        "job.stall_timeout",
    ];
    !sections.iter().any(|section| name.starts_with(section)) && !settings.contains(&name)
}

fn sets(entries: &[Entry], name: &str) -> bool {
    entries.iter().any(|entry| entry.name == name)
}

/// Returns the settings with which a step without its own input reads the output of the previous step.
fn input_from(before: &Settings, own: &[Entry], origin: &str) -> Vec<Entry> {
    if sets(own, "job.input") {
        return Vec::new();
    }
    let output = &before.job.output;
    let mut entries = vec![Entry::text("job.input", &output.to_string_lossy(), origin)];
    // The result of a job is never in another encoding.
    if before.input.encoding != InputEncoding::Auto && !sets(own, "input.encoding") {
        entries.push(Entry::text("input.encoding", "utf-8", origin));
    }
    entries
}

/// Returns the output of an intermediate step, such as `results.steps/1-count.tsv` next to `results.json`.
fn intermediate_output(output: &Path, nth: usize, name: &str) -> PathBuf {
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

/// The folder of the intermediate outputs of a job with this output: `results.steps` next to `results.json`. A stream has
/// no folder, so `output.steps` in the working folder stands in.
pub fn steps_folder(output: &Path) -> PathBuf {
    if output == Path::new("-") || output.starts_with("/dev") || output.starts_with("/proc") {
        return PathBuf::from("output.steps");
    }
    let OutputName { stem, .. } = OutputName::of(output);
    output.with_file_name(format!("{stem}.steps"))
}
