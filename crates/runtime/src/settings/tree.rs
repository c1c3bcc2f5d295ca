//! All sections, and how they are read.

use serde::Deserialize;

use super::args::SettingsArgs;
use super::error::SettingsError;
use super::layers::Layers;
use super::surroundings::Surroundings;
use super::{
    CheckpointSettings, CrashSettings, InputSettings, JobSettings, LogSettings, OutputSettings,
    RedisSettings, ShuffleSettings, WorkerSettings,
};

/// Everything that can be set; [`super::reference`] lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where Redis is.
    pub redis: RedisSettings,
    /// What to do.
    pub job: JobSettings,
    /// How input becomes records and words.
    pub input: InputSettings,
    /// What the result looks like.
    pub output: OutputSettings,
    /// How map tasks hand their output to reduce tasks.
    pub shuffle: ShuffleSettings,
    /// How workers work.
    pub worker: WorkerSettings,
    /// Snapshots of Redis.
    pub checkpoint: CheckpointSettings,
    /// Log lines.
    pub log: LogSettings,
    /// Deliberate crashes.
    pub crash: CrashSettings,
}

impl Settings {
    /// Reads all layers: defaults < file < environment < flags.
    ///
    /// # Errors
    /// A file that cannot be read, a name that is no setting, a value that is not accepted.
    pub fn read(args: &SettingsArgs, around: &Surroundings) -> Result<Self, SettingsError> {
        Layers::collect(args, around)?.read()
    }
}
