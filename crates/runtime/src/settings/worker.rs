//! Section `worker`.

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

fn lease<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    values::parsed(from, |text| {
        values::parse_duration(text).filter(|lease| *lease >= SHORTEST_LEASE)
    })
}

fn max_attempts<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    values::parsed(from, |text| values::number_within(text, 1..=1000))
}
