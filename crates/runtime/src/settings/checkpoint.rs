//! Section `checkpoint`.

use std::time::Duration;

use serde::Deserialize;

use super::reference::Setting;
use super::values;

pub(super) const ROWS: &[Setting] = &[Setting {
    name: "checkpoint.interval",
    default: "5s",
    meaning: "how often Redis is asked for a snapshot (BGSAVE) while a job runs; 0 = off",
    accepts: "a duration such as 5s, or 0",
}];

/// Snapshots of Redis.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointSettings {
    /// Time between the starts of two checkpoints; `None` = off.
    #[serde(deserialize_with = "values::duration_or_off")]
    pub interval: Option<Duration>,
}
