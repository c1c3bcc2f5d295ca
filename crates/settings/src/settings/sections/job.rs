//! Section `job`.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use mapreduce_core::MAX_REDUCES;
use mapreduce_core::Params;
use mapreduce_core::{Aggregate, JobId};
use serde::Deserializer;

use crate::settings::section::section;
use crate::settings::values;

section! {
    /// The job, its input and its output.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct JobSettings in "job" {
        /// Name of the job to run; `mapreduce jobs` lists all jobs.
        name: String = "word-count" {
            accepts: "a name of 1 to 60 characters of A-Z a-z 0-9 . _ -",
            read: "name",
            flag: "--job NAME",
        }
        /// Files, folders and patterns such as `logs/**/*.csv` to read; - = standard input.
        ///
        /// Quote patterns, so that the shell does not replace them. A list of paths in `mapreduce.toml` and on the command line, one path in the environment.
        input: Vec<PathBuf> = "input/" {
            accepts: "a path or a list of paths",
            read: "values::paths",
        }
        /// File that receives the result; a folder with `output.parts`; - = standard output.
        output: PathBuf = "output/results.json" {
            accepts: "a path",
            read: "values::path",
            flag: "--output FILE",
        }
        /// Id of the job in Redis; generated if not set.
        ///
        /// A generated id consists of the name of the job, the time and a random number.
        id: Option<JobId> = "" {
            accepts: "an id of 1 to 100 characters of A-Z a-z 0-9 . _ -",
            read: "id",
        }
        /// Aggregation: shuffle (reduce tasks merge the output of map tasks) or live (Redis sums at every commit).
        ///
        /// `live` is slower; its counts in Redis are exact at any time.
        aggregate: Aggregate = "shuffle" {
            accepts: "shuffle or live",
            read: "aggregate",
        }
        /// Number of reduce tasks with shuffle; auto = one per 64 MiB of input, at most 64.
        reduces: Option<NonZeroU32> = "auto" {
            accepts: "auto or a whole number from 1 to 4096",
            read: "reduces",
        }
        /// Files to ship to every worker, such as scripts of streaming jobs; at most 64 MiB in total.
        files: Vec<PathBuf> = "" {
            accepts: "a path or a list of paths",
            read: "values::paths_or_none",
        }
        /// File with the steps of the job, each a `[[step]]` table of settings.
        ///
        /// Each step reads the output of the step before it.
        file: Option<PathBuf> = "" {
            accepts: "a path",
            read: "values::optional_path",
            flag: "--job-file FILE",
        }
        /// Maximum number of bad records that the job skips; with more, it fails.
        ///
        /// A bad record is one at which the mapper fails. Skipped records are listed in a file next to the output. A key
        /// at which a reducer fails is never skipped.
        skip_bad_records: u64 = "0" {
            accepts: "a whole number",
            read: "values::number",
            flag: "--skip-bad-records N",
        }
        /// Time without a completed task before the master logs the reason.
        ///
        /// Long tasks are not an error, and the job continues.
        stall_notice: Duration = "20s" {
            accepts: "a duration such as 20s, at least 1s",
            read: "notice",
        }
        /// Time without a heartbeat or a completed task before the job fails; 0 = unlimited.
        stall_timeout: Option<Duration> = "5m" {
            accepts: "a duration such as 5m, or 0",
            read: "values::duration_or_off",
        }
        /// Time that the job's keys stay in Redis after its result is published.
        keep: Duration = "1h" {
            accepts: "a duration such as 1h",
            read: "values::duration",
        }
    }
    and {
        /// Parameters of the job: `job.params.NAME`. The job checks their names and values.
        params: Params
    }
}

/// Accepts the characters of a [`JobId`]; a name is shorter than an id because generated ids start with it.
fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    values::checked(from, |text| text.len() <= 60 && JobId::new(text).is_ok())
}

/// Accepts one second or more, because the master checks the job once per second.
fn notice<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    values::parsed(from, |text| {
        values::parse_duration(text).filter(|notice| *notice >= Duration::from_secs(1))
    })
}

fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<JobId>, D::Error> {
    values::optional(from, |text| JobId::new(text).ok())
}

fn aggregate<'de, D: Deserializer<'de>>(from: D) -> Result<Aggregate, D::Error> {
    values::parsed(from, |text| match text {
        "shuffle" => Some(Aggregate::Shuffle),
        "live" => Some(Aggregate::Live),
        _ => None,
    })
}

fn reduces<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NonZeroU32>, D::Error> {
    values::parsed(from, |text| match text {
        "auto" => Some(None),
        number => values::number_within(number, 1..=MAX_REDUCES).map(NonZeroU32::new),
    })
}
