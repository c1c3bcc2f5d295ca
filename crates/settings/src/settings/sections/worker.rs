//! Section `worker`.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use serde::Deserializer;

use crate::settings::section::section;
use crate::settings::values;

/// Maximum number of slots of a worker. It far exceeds the cores of any machine and serves to detect typing mistakes.
const MAX_SLOTS: u32 = 1024;
/// Minimum lease. A worker renews it several times within this time, even on a busy machine.
const SHORTEST_LEASE: Duration = Duration::from_millis(500);
/// Minimum memory of a slot. The buffers alone would use up less memory than this.
const LEAST_MEMORY: u64 = 1 << 20;

section! {
    /// Workers.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct WorkerSettings in "worker" {
        /// Number of tasks that a worker runs at the same time; cores = one per CPU core.
        slots: u32 = "cores" {
            accepts: "a whole number from 1 to 1024, or cores",
            read: "slots",
            flag: "--slots N",
        }
        /// Time after which other workers reclaim the tasks of a silent worker; at least 500 ms.
        lease: Duration = "30s" {
            accepts: "a duration of at least 500ms, such as 30s",
            read: "lease",
        }
        /// Number of failed attempts after which a task is abandoned and the job fails.
        max_attempts: u32 = "4" {
            accepts: "a whole number from 1 to 1000",
            read: "max_attempts",
        }
        /// Backup attempts of idle workers at slow tasks; the first commit counts.
        backups: bool = "true" {
            accepts: "true or false",
            read: "values::flag",
        }
        /// Memory of each slot for counting and merging, in bytes; the rest is spilled to local files.
        memory: NonZeroU64 = "64MiB" {
            accepts: "a size of at least 1MiB, such as 64MiB",
            read: "memory",
        }
        /// Folder for local files; the system's folder for temporary files if not set.
        temp_folder: Option<PathBuf> = "" {
            accepts: "a path",
            read: "temp_folder",
        }
        /// Permission for jobs to run commands (streaming).
        ///
        /// With it, every client that can write to Redis can run any command on the workers.
        commands: bool = "true" {
            accepts: "true or false",
            read: "values::flag",
        }
        /// Pause in every task, to watch a job or its recovery; 0 = none.
        slow: Duration = "0" {
            accepts: "a duration such as 200ms, or 0",
            read: "values::duration",
        }
    }
}

fn slots<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    values::parsed(from, |text| match text {
        "cores" => {
            let cores = available_parallelism().map_or(1, |cores| cores.get() as u32);
            Some(cores.min(MAX_SLOTS))
        }
        number => values::number_within(number, 1..=MAX_SLOTS),
    })
}

fn memory<'de, D: Deserializer<'de>>(from: D) -> Result<NonZeroU64, D::Error> {
    values::parsed(from, |text| {
        values::parse_size(text).filter(|size| size.get() >= LEAST_MEMORY)
    })
}

fn temp_folder<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    values::optional(from, |text| Some(PathBuf::from(text)))
}

fn lease<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    values::parsed(from, |text| {
        values::parse_duration(text).filter(|lease| *lease >= SHORTEST_LEASE)
    })
}

fn max_attempts<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    values::parsed(from, |text| values::number_within(text, 1..=1000))
}
