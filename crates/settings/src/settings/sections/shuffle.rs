//! Section `shuffle`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserializer;

use crate::settings::section::section;
use crate::settings::values;

/// Minimum of `shuffle.expire`. The master extends the lifetime of the runs several times within this time.
const SHORTEST_EXPIRY: Duration = Duration::from_secs(60);

section! {
    /// Runs between map and reduce tasks.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ShuffleSettings in "shuffle" {
        /// Storage of runs: auto (Redis; memory for `mapreduce run`), or a folder shared by all machines.
        store: Option<PathBuf> = "auto" {
            accepts: "auto or a path",
            read: "store",
        }
        /// Compression of runs: none or lz4.
        ///
        /// `lz4` saves about a third of the memory in Redis and of the network traffic, and costs a little CPU time.
        compression: bool = "none" {
            accepts: "none or lz4",
            read: "compression",
        }
        /// Time after which runs expire if no master resumes the job; at least 60 s.
        expire: Duration = "1h" {
            accepts: "a duration of at least 60s, such as 1h",
            read: "expire",
        }
    }
}

fn store<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    values::parsed(from, |text| match text {
        "auto" => Some(None),
        "" => None,
        // A URL is reserved for other kinds of storage. Accepting it as a path would hide the mistake.
        url if url.contains("://") => None,
        path => Some(Some(PathBuf::from(path))),
    })
}

fn compression<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    values::parsed(from, |text| match text {
        "none" => Some(false),
        "lz4" => Some(true),
        _ => None,
    })
}

fn expire<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    values::parsed(from, |text| {
        values::parse_duration(text).filter(|expiry| *expiry >= SHORTEST_EXPIRY)
    })
}
