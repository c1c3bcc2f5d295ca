//! The settings: plain data, read once from layers, checked as they are read.
//!
//! ```text
//! defaults < mapreduce.toml or --config FILE < environment < flags
//! ```
//! Every error names the setting, and the layer that the wrong value came from.
//!
//! # Layout
//! - [`tree`](Settings): all sections, and how they are read.
//! - `redis`, `job`, `input`, `output`, `shuffle`, `worker`, `checkpoint`, `log`, `crash`: one section each, with the rows of
//!   its settings: name, default, meaning, what is accepted.
//! - `reference`: all rows; `values`: how texts become values.
//! - `args`: the flags; `surroundings`: variables and files; `layers`: what overrides what.
//! - `steps`: jobs of several steps.
//! - `error`: what can be wrong.

mod args;
mod checkpoint;
mod crash;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod input;
mod job;
mod layers;
mod log;
mod output;
mod redis;
mod reference;
mod shuffle;
mod steps;
mod surroundings;
#[cfg(test)]
mod tests;
mod tree;
mod values;
mod worker;

/// Settings as flags, to be flattened into a command with `#[command(flatten)]`.
///
/// Values stay texts here: they are checked like those of every other layer, with the same messages.
pub use args::SettingsArgs;
pub use checkpoint::CheckpointSettings;
pub use crash::CrashSettings;
pub use error::SettingsError;
pub use input::InputSettings;
pub use job::JobSettings;
pub use log::{LogFormat, LogSettings};
pub use output::OutputSettings;
pub use redis::RedisSettings;
pub use reference::{Setting, help, reference};
pub use shuffle::ShuffleSettings;
pub use steps::{Step, steps_folder};
pub use surroundings::Surroundings;
pub use tree::Settings;
pub use worker::WorkerSettings;
