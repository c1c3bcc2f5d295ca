//! Section `shuffle`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::reference::Setting;
use super::values;

/// Shortest life of what attempts stored: the master renews it several times meanwhile.
const SHORTEST_LIFE: Duration = Duration::from_secs(60);

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "shuffle.store",
        default: "auto",
        meaning: "where runs are put: auto (Redis; in memory for mapreduce run), or a folder that all machines share",
        accepts: "auto or a path",
    },
    Setting {
        name: "shuffle.compression",
        default: "none",
        meaning: "none, or lz4: a third less memory in Redis and less to send, for a little time of the cores",
        accepts: "none or lz4",
    },
    Setting {
        name: "shuffle.expire",
        default: "1h",
        meaning: "how long runs outlive the master, if nobody takes the job up again",
        accepts: "a duration of at least 60s, such as 1h",
    },
];

/// How map tasks hand their output to reduce tasks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShuffleSettings {
    /// A folder that all machines share; `None` = with the coordination.
    #[serde(deserialize_with = "store")]
    pub store: Option<PathBuf>,
    /// Whether runs are compressed.
    #[serde(deserialize_with = "compression")]
    pub compression: bool,
    /// How long runs outlive the master; at least a minute.
    #[serde(deserialize_with = "expire")]
    pub expire: Duration,
}

fn store<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    values::parsed(from, |text| match text {
        "auto" => Some(None),
        "" => None,
        // Stores of other kinds will be named like this.
        url if url.contains("://") => None,
        path => Some(Some(PathBuf::from(path))),
    })
}

fn compression<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    values::parsed(from, |text| match text {
        "none" => Some(false),
        "lz4" => Some(true),
        _ => None,
    })
}

fn expire<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    values::parsed(from, |text| {
        values::parse_duration(text).filter(|life| *life >= SHORTEST_LIFE)
    })
}
