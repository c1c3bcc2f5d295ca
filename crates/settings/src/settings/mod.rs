//! Settings: plain data, read once from layers and checked while they are read.
//!
//! ```text
//! defaults < mapreduce.toml or --config FILE < environment < flags
//! ```
//! Every error names the setting and the layer that contains the wrong value.
//!
//! # Layout
//! - `section`: the macro that declares settings. `sections`: the declarations, one section a file.
//! - `tree`: [`Settings`], the struct of all sections. `values`: functions that parse values.
//! - `environment`, `flags`, `args`: variables and the command line.
//! - `layer`: one layer. `layers`: precedence and checks.
//! - `steps`: jobs of several steps.
//! - `reference`: the list of all settings. `help`, `markdown`: what is derived from it.
//! - `error`: errors in settings.

mod args;
mod environment;
mod error;
mod flags;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod help;
mod layer;
mod layers;
mod markdown;
mod reference;
mod section;
mod sections;
mod steps;
#[cfg(test)]
mod tests;
mod tree;
mod values;

/// Arguments that set settings, to be flattened into a command with `#[command(flatten)]`.
///
/// Values stay texts here: they are checked like those of every other layer, with the same messages.
pub use args::SettingsArgs;
pub use environment::Environment;
pub use error::SettingsError;
pub use flags::SettingFlags;
pub use help::help;
pub use markdown::markdown;
pub use reference::reference;
pub use section::{Setting, SettingsSection};
pub use sections::{
    CheckpointSettings, CrashPoint, CrashSettings, InputSettings, JobSettings, LogFormat,
    LogSettings, OutputSettings, RedisSettings, ShuffleSettings, WorkerSettings,
};
pub use steps::{Step, steps_folder};
pub use tree::Settings;
