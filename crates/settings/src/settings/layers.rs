//! The layers of settings, and how they combine.

use config::{Config, ConfigError, Value, ValueKind};
use mapreduce_core::Params;

use super::args::SettingsArgs;
use super::environment::Environment;
use super::error::SettingsError;
use super::layer::{Entry, Layer, PARAMS};
use super::reference::{find, nearest};
use super::sections::without_password;
use super::tree::Settings;

/// All layers, lowest precedence first.
#[derive(Debug, Clone)]
pub(super) struct Layers(Vec<Layer>);

impl Settings {
    /// Reads all layers: defaults < file < environment < flags.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown setting, or a value that its setting does not accept.
    pub fn read(args: &SettingsArgs, environment: &Environment) -> Result<Self, SettingsError> {
        Layers::collect(args, environment)?.read()
    }
}

impl Layers {
    /// Collects all layers.
    ///
    /// # Errors
    /// A file that cannot be read, or an unknown setting.
    pub(super) fn collect(
        args: &SettingsArgs,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let file = Layer::of_file(args.config.as_deref(), environment)?;
        Self::with_file(file, args, environment)
    }

    /// Collects all layers. `file` is the layer of the settings file.
    ///
    /// # Errors
    /// An unknown setting.
    pub(super) fn with_file(
        file: Layer,
        args: &SettingsArgs,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        Self(vec![
            Layer::of_defaults(),
            file,
            Layer::of_environment(environment),
            args.layer(),
        ])
        .checked()
    }

    /// Adds a layer that takes precedence over all others.
    ///
    /// # Errors
    /// An unknown setting.
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

    /// Combines the layers into settings.
    ///
    /// # Errors
    /// A value that its setting does not accept.
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

    /// Returns the parameters of the job. For each parameter, the last layer that sets it takes precedence.
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

    /// Converts an error of the crate `config` to one that names the setting, its value and its origin.
    fn explain(&self, error: &ConfigError) -> SettingsError {
        let key = match error {
            ConfigError::At { key, .. } | ConfigError::Type { key, .. } => key.as_deref(),
            _ => None,
        };
        // An error in a list names the element, such as `job.input[1]`.
        let name = key
            .and_then(|key| key.split('[').next())
            .unwrap_or_default();
        let entry = self.entries().rev().find(|entry| entry.name == name);
        let (Some(entry), Some(setting)) = (entry, find(name)) else {
            return SettingsError::Inconsistent {
                detail: error.to_string(),
            };
        };
        let value = shown(&entry.value);
        SettingsError::Value {
            name: setting.name,
            value: match setting.name {
                "redis.url" => without_password(&value),
                _ => value,
            },
            accepts: setting.accepts,
            origin: entry.origin.clone(),
        }
    }
}

/// A value in the form that a user writes; a list without its brackets.
fn shown(value: &Value) -> String {
    match &value.kind {
        ValueKind::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        _ => value.to_string(),
    }
}
