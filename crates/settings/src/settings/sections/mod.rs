//! The sections of the settings, one file each.

mod checkpoint;
mod crash;
mod crash_point;
mod dialect;
mod input;
mod job;
mod log;
mod output;
mod redis;
mod shuffle;
mod worker;

pub use checkpoint::CheckpointSettings;
pub use crash::CrashSettings;
pub use crash_point::CrashPoint;
pub use input::InputSettings;
pub use job::JobSettings;
pub use log::{LogFormat, LogSettings};
pub use output::OutputSettings;
pub use redis::RedisSettings;
pub(super) use redis::without_password;
pub use shuffle::ShuffleSettings;
pub use worker::WorkerSettings;
