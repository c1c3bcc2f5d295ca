//! One layer of settings: the defaults, a file, the environment or the command line.

use std::io::ErrorKind;
use std::path::Path;

use config::{ConfigError, File, FileFormat, Map, Source, Value, ValueKind};

use super::environment::{Environment, PREFIX, SEPARATOR};
use super::error::SettingsError;
use super::reference::reference;
use super::section::Setting;

/// Prefix of the parameters of a job, which the job checks.
pub(super) const PARAMS: &str = "job.params.";
/// The settings file that is read if it exists.
const FILE: &str = "mapreduce.toml";

/// One value in one layer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: Value,
    /// The layer, as a fragment that follows "from" in errors.
    pub(super) origin: String,
}

impl Entry {
    pub(super) fn text(name: &str, value: &str, origin: &str) -> Self {
        let origin = origin.to_owned();
        Self {
            name: name.to_owned(),
            value: Value::new(Some(&origin), value),
            origin,
        }
    }

    /// A list as the value of a setting; `None` if the list is empty.
    pub(super) fn list(name: &str, items: &[String], origin: &str) -> Option<Self> {
        let origin = origin.to_owned();
        let values = items
            .iter()
            .map(|item| Value::new(Some(&origin), item.as_str()));
        let list = ValueKind::Array(values.collect());
        (!items.is_empty()).then(|| Self {
            name: name.to_owned(),
            value: Value::new(Some(&origin), list),
            origin: origin.clone(),
        })
    }

    /// Returns true for a parameter of the job.
    pub(super) fn is_param(&self) -> bool {
        self.name.starts_with(PARAMS)
    }
}

/// The values of one layer; of two values with the same name the later one counts.
#[derive(Debug, Clone)]
pub(super) struct Layer(pub(super) Vec<Entry>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let settings = self.0.iter().filter(|entry| !entry.is_param());
        Ok(settings
            .map(|entry| (entry.name.clone(), entry.value.clone()))
            .collect())
    }
}

impl Layer {
    pub(super) fn of_defaults() -> Self {
        let entry = |setting: &Setting| Entry::text(setting.name, setting.default, "the defaults");
        Self(reference().map(entry).collect())
    }

    /// The variables that are settings. An empty one counts as not set: compose files pass empty values for
    /// variables that the user did not set.
    pub(super) fn of_environment(environment: &Environment) -> Self {
        let given = environment
            .variables
            .iter()
            .filter(|(_, value)| !value.is_empty());
        let origin = |variable: &str| format!("the environment variable {variable}");
        let url = given
            .clone()
            .filter(|(variable, _)| *variable == "REDIS_URL");
        let url = url.map(|(variable, value)| Entry::text("redis.url", value, &origin(variable)));
        let own = given.filter_map(|(variable, value)| {
            let name = variable
                .strip_prefix(PREFIX)?
                .replace(SEPARATOR, ".")
                .to_lowercase();
            Some(Entry::text(&name, value, &origin(variable)))
        });
        Self(url.chain(own).collect())
    }

    /// The settings file: `config`, or the usual one if it exists.
    ///
    /// # Errors
    /// The file cannot be read or is not valid TOML.
    pub(super) fn of_file(
        config: Option<&Path>,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let path = config.unwrap_or(Path::new(FILE));
        let file = path.display().to_string();
        let text = match std::fs::read_to_string(environment.folder.join(path)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && config.is_none() => {
                return Ok(Self(Vec::new()));
            }
            Err(error) => {
                return Err(SettingsError::File {
                    file,
                    detail: error.to_string(),
                });
            }
        };
        Self::of_text(&text, &file)
    }

    /// The settings in `text`, the content of `file`.
    ///
    /// # Errors
    /// The text is not valid TOML.
    pub(super) fn of_text(text: &str, file: &str) -> Result<Self, SettingsError> {
        let tables = File::from_str(text, FileFormat::Toml)
            .collect()
            .map_err(|error| SettingsError::File {
                file: file.to_owned(),
                detail: error.to_string().trim_end().to_owned(),
            })?;
        Ok(Self::of_tables(tables, &format!("the file {file}")))
    }

    /// The settings in `tables`, whose nesting becomes dotted names.
    pub(super) fn of_tables(tables: Map<String, Value>, origin: &str) -> Self {
        let mut entries = Vec::new();
        flatten("", tables, origin, &mut entries);
        Self(entries)
    }
}

fn flatten(parent: &str, table: Map<String, Value>, origin: &str, into: &mut Vec<Entry>) {
    for (key, value) in table {
        let name = if parent.is_empty() {
            key
        } else {
            format!("{parent}.{key}")
        };
        match value.kind {
            ValueKind::Table(inner) => flatten(&name, inner, origin, into),
            _ => into.push(Entry {
                name,
                value,
                origin: origin.to_owned(),
            }),
        }
    }
}
