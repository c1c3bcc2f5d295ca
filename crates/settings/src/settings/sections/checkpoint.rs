//! Section `checkpoint`.

use std::time::Duration;

use crate::settings::section::section;
use crate::settings::values;

section! {
    /// Snapshots of Redis.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CheckpointSettings in "checkpoint" {
        /// Time between two snapshots of Redis (BGSAVE) while a job runs; 0 = off.
        interval: Option<Duration> = "5s" {
            accepts: "a duration such as 5s, or 0",
            read: "values::duration_or_off",
        }
    }
}
