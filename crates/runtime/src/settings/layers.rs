//! What overrides what: the layers, and how they become settings.

use std::io::ErrorKind;
use std::path::Path;

use config::{Config, ConfigError, File, FileFormat, Map, Source, Value, ValueKind};
use mapreduce::job::Params;

use super::args::SettingsArgs;
use super::error::SettingsError;
use super::reference::{find, nearest, reference};
use super::surroundings::{PREFIX, SEPARATOR, Surroundings};
use super::{Settings, redis};

/// What the names of a job's parameters start with: they are the job's to check.
const PARAMS: &str = "job.params.";
/// The settings file that is read if it is there.
const FILE: &str = "mapreduce.toml";

/// One value that one layer gives.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: Value,
    /// Where it comes from, as a fragment that follows "from".
    pub(super) origin: String,
}

impl Entry {
    /// Whether it is a parameter of the job.
    fn is_param(&self) -> bool {
        self.name.starts_with(PARAMS)
    }

    pub(super) fn text(name: &str, value: &str, origin: &str) -> Self {
        let origin = origin.to_owned();
        Self {
            name: name.to_owned(),
            value: Value::new(Some(&origin), value),
            origin,
        }
    }
}

/// The values of one layer; of two with the same name the later one holds.
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
    fn of_defaults() -> Self {
        let entry = |row: &super::Setting| Entry::text(row.name, row.default, "the defaults");
        Self(reference().map(entry).collect())
    }

    /// The variables that are settings. An empty one counts as not set, because that is what compose
    /// files pass for a variable nobody gave.
    fn of_environment(around: &Surroundings) -> Self {
        let given = around
            .variables
            .iter()
            .filter(|(_, value)| !value.is_empty());
        let of = |variable: &str| format!("the environment variable {variable}");
        let url = given
            .clone()
            .filter(|(variable, _)| *variable == "REDIS_URL");
        let url = url.map(|(variable, value)| Entry::text("redis.url", value, &of(variable)));
        let own = given.filter_map(|(variable, value)| {
            let name = variable
                .strip_prefix(PREFIX)?
                .replace(SEPARATOR, ".")
                .to_lowercase();
            Some(Entry::text(&name, value, &of(variable)))
        });
        Self(url.chain(own).collect())
    }

    fn of_file(args: &SettingsArgs, around: &Surroundings) -> Result<Self, SettingsError> {
        let path = args.config.as_deref().unwrap_or(Path::new(FILE));
        let file = path.display().to_string();
        let text = match std::fs::read_to_string(around.folder.join(path)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && args.config.is_none() => {
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

    /// The text of the settings file `file`.
    pub(super) fn of_text(text: &str, file: &str) -> Result<Self, SettingsError> {
        let tables = File::from_str(text, FileFormat::Toml)
            .collect()
            .map_err(|error| SettingsError::File {
                file: file.to_owned(),
                detail: error.to_string().trim_end().to_owned(),
            })?;
        let origin = format!("the file {file}");
        let mut entries = Vec::new();
        flatten("", tables, &origin, &mut entries);
        Ok(Self(entries))
    }
}

/// Tables within tables as dotted names.
pub(super) fn flatten(above: &str, table: Map<String, Value>, origin: &str, into: &mut Vec<Entry>) {
    for (key, value) in table {
        let name = if above.is_empty() {
            key
        } else {
            format!("{above}.{key}")
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

/// All layers, the weakest first.
#[derive(Debug, Clone)]
pub(super) struct Layers(Vec<Layer>);

impl Layers {
    /// Collects every layer.
    ///
    /// # Errors
    /// A file that cannot be read; a name that is no setting.
    pub(super) fn collect(
        args: &SettingsArgs,
        around: &Surroundings,
    ) -> Result<Self, SettingsError> {
        Self::over(Layer::of_file(args, around)?, args, around)
    }

    /// All layers, of which the one of the file is given.
    ///
    /// # Errors
    /// A name that is no setting.
    pub(super) fn over(
        file: Layer,
        args: &SettingsArgs,
        around: &Surroundings,
    ) -> Result<Self, SettingsError> {
        Self(vec![
            Layer::of_defaults(),
            file,
            Layer::of_environment(around),
            args.layer(),
        ])
        .checked()
    }

    /// With another layer above.
    ///
    /// # Errors
    /// A name that is no setting.
    pub(super) fn with(mut self, layer: Layer) -> Result<Self, SettingsError> {
        self.0.push(layer);
        self.checked()
    }

    fn checked(self) -> Result<Self, SettingsError> {
        let layers = self;
        let known = |entry: &&Entry| entry.is_param() || find(&entry.name).is_some();
        let unknown = layers.entries().find(|entry| !known(entry));
        if let Some(Entry { name, origin, .. }) = unknown {
            let (name, origin, hint) = (name.clone(), origin.clone(), nearest(name));
            return Err(SettingsError::Unknown { name, origin, hint });
        }
        Ok(layers)
    }

    /// The settings that result.
    ///
    /// # Errors
    /// A value that is not accepted.
    pub(super) fn read(self) -> Result<Settings, SettingsError> {
        let builder = self
            .0
            .iter()
            .cloned()
            .fold(Config::builder(), |builder, layer| {
                builder.add_source(layer)
            });
        let read = builder.build().and_then(Config::try_deserialize);
        let mut settings: Settings = read.map_err(|error| self.explain(&error))?;
        settings.job.params = self.params();
        Ok(settings)
    }

    /// The parameters of the job, of which the last layer's hold.
    fn params(&self) -> Params {
        let param = |entry: &Entry| {
            let name = entry.name.strip_prefix(PARAMS)?;
            Some((name.to_owned(), shown(&entry.value)))
        };
        self.entries().filter_map(param).collect()
    }

    fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.0.iter().flat_map(|layer| &layer.0)
    }

    /// Says which setting `error` is about, and where its value came from.
    fn explain(&self, error: &ConfigError) -> SettingsError {
        let key = match error {
            ConfigError::At { key, .. } | ConfigError::Type { key, .. } => key.as_deref(),
            _ => None,
        };
        // An element of a list is named by its list.
        let name = key
            .and_then(|key| key.split('[').next())
            .unwrap_or_default();
        let entry = self.entries().rev().find(|entry| entry.name == name);
        let (Some(entry), Some(row)) = (entry, find(name)) else {
            return SettingsError::Inconsistent {
                detail: error.to_string(),
            };
        };
        let (name, accepts, origin) = (row.name, row.accepts, entry.origin.clone());
        let value = match name {
            "redis.url" => redis::without_password(&shown(&entry.value)),
            _ => shown(&entry.value),
        };
        SettingsError::Value {
            name,
            value,
            accepts,
            origin,
        }
    }
}

/// A value as one would write it; a list without its brackets.
fn shown(value: &Value) -> String {
    match &value.kind {
        ValueKind::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        _ => value.to_string(),
    }
}
