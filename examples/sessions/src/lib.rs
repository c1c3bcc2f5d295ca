//! Cuts page views into sessions: a visitor who is silent for longer than a gap begins another one.
//!
//! The input is CSV with the columns `site`, `visitor`, `time` (seconds since 1970) and `page`, in any order. The
//! result has a row for each session, by site, visitor and time; a second output, `bounces`, has those of one page.
//!
//! - `views`: the mapper. `cut`: the reducer.

mod cut;
mod views;

use std::time::Duration;

use mapreduce::Registry;
use mapreduce::job::{
    Columns, Datum, Definition, JobError, JobInfo, Param, Params, Shape, ValueKind, define,
};

const INFO: JobInfo = JobInfo::new("sessions", "cuts page views into sessions of visitors")
    .params(&[Param {
        name: "gap",
        default: Some("30m"),
        help: "a visitor who is silent for longer begins another session",
    }])
    .example("views/ --job sessions --param gap=10m --output sessions.csv");

/// The job.
pub fn job() -> Definition {
    define(INFO)
        .mapper(views::Views::default)
        .reducer(cut::Cut::default)
        .partition(by_site)
        .shape(|params, shape| {
            // What is wrong with a parameter is told before the work starts.
            gap(params)?;
            let columns = ["site", "visitor", "time", "page"];
            let fields = ["visitor", "start", "seconds", "views", "first"];
            Ok(Shape {
                columns: Columns::Named(columns.map(str::to_owned).to_vec()),
                // The views of a visitor come by time, for time comes first in a value.
                sort_values: true,
                value: ValueKind::Record(fields.map(str::to_owned).to_vec()),
                outputs: vec!["bounces".to_owned()],
                ..shape
            })
        })
}

/// This job, beside those that come along.
pub fn registry() -> Registry {
    let mut registry = streaming::registry();
    registry.add(job());
    registry
}

/// What the mapper groups by.
type Visitor = (String, String);

/// A partition has all visitors of a site, in order: rows of a site, which are sorted by it alone, stay so.
fn by_site(visitor: &[u8], partitions: u32) -> u32 {
    let Some((site, _)) = Visitor::view(visitor) else {
        return 0;
    };
    mapreduce::key::partition(mapreduce::key::hash(site.as_bytes()), partitions)
}

/// The longest silence inside of a session.
fn gap(params: &Params) -> Result<Duration, JobError> {
    let default = Duration::from_secs(30 * 60).into();
    let gap: humantime::Duration = params.value("gap", default)?;
    Ok(gap.into())
}
