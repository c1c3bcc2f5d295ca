//! Section `job`.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use mapreduce::job::Params;
use mapreduce::split::MOST_REDUCES;
use mapreduce::{Aggregate, JobId};
use serde::Deserialize;

use super::reference::Setting;
use super::values;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "job.name",
        default: "word-count",
        meaning: "the job to run; `mapreduce jobs` lists them",
        accepts: "a name of 1 to 60 characters of A-Z a-z 0-9 . _ -",
    },
    Setting {
        name: "job.input",
        default: "input/",
        meaning: "files and folders to read; a list in the file, one path in the environment",
        accepts: "a path or a list of paths",
    },
    Setting {
        name: "job.output",
        default: "output/results.json",
        meaning: "the file that gets the result",
        accepts: "a path",
    },
    Setting {
        name: "job.id",
        default: "",
        meaning: "the job's id in Redis; made at start from name, time and chance if not set",
        accepts: "an id of 1 to 100 characters of A-Z a-z 0-9 . _ -",
    },
    Setting {
        name: "job.aggregate",
        default: "shuffle",
        meaning: "shuffle: reduce tasks merge what map tasks wrote; live: Redis sums with every commit, slower, exact to look at any time",
        accepts: "shuffle or live",
    },
    Setting {
        name: "job.reduces",
        default: "auto",
        meaning: "number of reduce tasks, with shuffle; auto = one for each 64 MiB of input, at most 64",
        accepts: "auto or a whole number from 1 to 4096",
    },
    Setting {
        name: "job.files",
        default: "",
        meaning: "files that every worker is given, such as scripts of streaming jobs; 64 MiB in all",
        accepts: "a path or a list of paths",
    },
    Setting {
        name: "job.file",
        default: "",
        meaning: "a file with steps, tables [[step]] of settings, each of which reads what the one before it wrote",
        accepts: "a path",
    },
    Setting {
        name: "job.skip_bad_records",
        default: "0",
        meaning: "how many records may be left out, and listed beside the output, because the mapper fails at them; keys at which a reducer fails are never left out",
        accepts: "a whole number",
    },
    Setting {
        name: "job.stall_notice",
        default: "20s",
        meaning: "how long no task may be completed before the master says why; long tasks are no fault, and nothing ends by it",
        accepts: "a duration such as 20s, at least 1s",
    },
    Setting {
        name: "job.stall_timeout",
        default: "5m",
        meaning: "how long a job may show no sign of life before it fails; 0 = forever",
        accepts: "a duration such as 5m, or 0",
    },
    Setting {
        name: "job.keep",
        default: "1h",
        meaning: "how long a job's keys stay in Redis after its result is published",
        accepts: "a duration such as 1h",
    },
];

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobSettings {
    /// The job to run, such as `word-count`.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Files and folders to read, at least one.
    #[serde(deserialize_with = "values::paths")]
    pub input: Vec<PathBuf>,
    /// The file that gets the result.
    #[serde(deserialize_with = "values::path")]
    pub output: PathBuf,
    /// The job's id; `None` = make one, see [`crate::job_id`].
    #[serde(deserialize_with = "id")]
    pub id: Option<JobId>,
    /// How counts are summed.
    #[serde(deserialize_with = "aggregate")]
    pub aggregate: Aggregate,
    /// Number of reduce tasks, from 1 to 4096; `None` = by the size of the input.
    #[serde(deserialize_with = "reduces")]
    pub reduces: Option<NonZeroU32>,
    /// The job's parameters: `job.params.NAME`. The job says which there are.
    #[serde(skip)]
    pub params: Params,
    /// Files that every worker is given.
    #[serde(deserialize_with = "values::paths_or_none")]
    pub files: Vec<PathBuf>,
    /// A file with the steps of the job.
    #[serde(deserialize_with = "values::optional_path")]
    pub file: Option<PathBuf>,
    /// How many records may be left out because the job's code fails at them.
    #[serde(deserialize_with = "values::number")]
    pub skip_bad_records: u64,
    /// How long no task may be completed before the reasons are told.
    #[serde(deserialize_with = "notice")]
    pub stall_notice: Duration,
    /// How long a job may show no sign of life before it fails; `None` = forever.
    #[serde(deserialize_with = "values::duration_or_off")]
    pub stall_timeout: Option<Duration>,
    /// How long the job's keys stay after the result is published.
    #[serde(deserialize_with = "values::duration")]
    pub keep: Duration,
}

/// As strict as a [`JobId`], and shorter, because a name becomes the start of one.
fn name<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    values::checked(from, |text| text.len() <= 60 && JobId::new(text).is_ok())
}

/// The master looks at the job once a second.
fn notice<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    values::parsed(from, |text| {
        values::parse_duration(text).filter(|notice| *notice >= Duration::from_secs(1))
    })
}

fn id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<JobId>, D::Error> {
    values::optional(from, |text| JobId::new(text).ok())
}

fn aggregate<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Aggregate, D::Error> {
    values::parsed(from, |text| match text {
        "shuffle" => Some(Aggregate::Shuffle),
        "live" => Some(Aggregate::Live),
        _ => None,
    })
}

fn reduces<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<NonZeroU32>, D::Error> {
    values::parsed(from, |text| match text {
        "auto" => Some(None),
        number => values::number_within(number, 1..=MOST_REDUCES).map(NonZeroU32::new),
    })
}
