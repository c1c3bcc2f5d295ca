//! Section `worker`.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use serde::Deserialize;

use super::reference::Setting;
use super::values;

/// Most slots of a worker: far beyond the cores of any machine, and a typing mistake is found.
const MOST_SLOTS: u32 = 1024;
/// Shortest lease: a heartbeat, sent several times a lease, must survive a busy machine.
const SHORTEST_LEASE: Duration = Duration::from_millis(500);

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "worker.slots",
        default: "cores",
        meaning: "tasks that a worker maps at the same time; cores = as many as the machine has",
        accepts: "a whole number from 1 to 1024, or cores",
    },
    Setting {
        name: "worker.lease",
        default: "30s",
        meaning: "how long a silent worker keeps its tasks before others take them",
        accepts: "a duration of at least 500ms, such as 30s",
    },
    Setting {
        name: "worker.max_attempts",
        default: "4",
        meaning: "failed attempts after which a task is given up, and the job fails",
        accepts: "a whole number from 1 to 1000",
    },
    Setting {
        name: "worker.backups",
        default: "true",
        meaning: "whether a worker with nothing to do attempts what another one is slow with; the first to end counts",
        accepts: "true or false",
    },
    Setting {
        name: "worker.memory",
        default: "64MiB",
        meaning: "memory of each slot for counting and merging; what does not fit is spilled to local files",
        accepts: "a size of at least 1MiB, such as 64MiB",
    },
    Setting {
        name: "worker.temp_folder",
        default: "",
        meaning: "folder for local files; the system's for temporary files if not set",
        accepts: "a path",
    },
    Setting {
        name: "worker.commands",
        default: "true",
        meaning: "whether jobs may run commands (streaming): whoever can write to Redis can then run any",
        accepts: "true or false",
    },
    Setting {
        name: "worker.slow",
        default: "0",
        meaning: "a pause in every task, to watch a job or a failure at leisure",
        accepts: "a duration such as 200ms, or 0",
    },
];

/// How workers work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSettings {
    /// Tasks mapped at the same time, from 1 to 1024.
    #[serde(deserialize_with = "slots")]
    pub slots: u32,
    /// How long a silent worker keeps its tasks; at least 500 ms.
    #[serde(deserialize_with = "lease")]
    pub lease: Duration,
    /// Failed attempts after which a task is given up, from 1 to 1000.
    #[serde(deserialize_with = "max_attempts")]
    pub max_attempts: u32,
    /// Whether tasks that others are slow with are attempted a second time.
    #[serde(deserialize_with = "values::flag")]
    pub backups: bool,
    /// Memory of each slot for counting and merging, in bytes; at least 1 MiB.
    #[serde(deserialize_with = "memory")]
    pub memory: NonZeroU64,
    /// Folder for local files; `None` = the system's.
    #[serde(deserialize_with = "temp_folder")]
    pub temp_folder: Option<PathBuf>,
    /// Whether jobs may run commands here.
    #[serde(deserialize_with = "values::flag")]
    pub commands: bool,
    /// A pause in every task; zero = none.
    #[serde(deserialize_with = "values::duration")]
    pub slow: Duration,
}

fn slots<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    values::parsed(from, |text| match text {
        "cores" => {
            let cores = available_parallelism().map_or(1, |cores| cores.get() as u32);
            Some(cores.min(MOST_SLOTS))
        }
        number => values::number_within(number, 1..=MOST_SLOTS),
    })
}

/// Less would be spent on buffers alone.
const LEAST_MEMORY: u64 = 1 << 20;

fn memory<'de, D: serde::Deserializer<'de>>(from: D) -> Result<NonZeroU64, D::Error> {
    values::parsed(from, |text| {
        values::parse_size(text).filter(|size| size.get() >= LEAST_MEMORY)
    })
}

fn temp_folder<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    values::optional(from, |text| Some(PathBuf::from(text)))
}

fn lease<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    values::parsed(from, |text| {
        values::parse_duration(text).filter(|lease| *lease >= SHORTEST_LEASE)
    })
}

fn max_attempts<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    values::parsed(from, |text| values::number_within(text, 1..=1000))
}
