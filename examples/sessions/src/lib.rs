//! Splits page views into sessions: a new session starts after a gap in the views of a visitor.
//!
//! The input is CSV with the columns `site`, `visitor`, `time` (seconds since 1970) and `page`, in any order. The
//! result has one row for each session, ordered by site, visitor and time. A second output, `bounces`, has the
//! sessions with a single view.
//!
//! - `views`: the mapper. `split_sessions`: the reducer.
//! - `visitor`: the key. `gap`: the parameter.

mod gap;
mod split_sessions;
mod views;
mod visitor;

use mapreduce::{Columns, Datum, Definition, JobInfo, Param, Registry, Shape, define};

use visitor::Visitor;

const INFO: JobInfo = JobInfo::new("sessions", "splits page views into sessions of visitors")
    .params(&[Param {
        name: "gap",
        default: Some("30m"),
        help: "longest time between two views of a session",
    }])
    .example("views/ --job sessions --param gap=10m --output sessions.csv");

/// Returns the job.
pub fn job() -> Definition {
    define(INFO)
        .mapper(views::Views::default)
        .reducer(split_sessions::SplitSessions::default)
        .partition(by_site)
        .shape(|params, shape| {
            // An invalid parameter is refused before the job starts.
            gap::gap(params)?;
            let columns = ["site", "visitor", "time", "page"];
            Ok(Shape {
                columns: Columns::Named(columns.map(str::to_owned).to_vec()),
                // The time comes first in a value, so that sorted views are in the order of time.
                sort_values: true,
                outputs: vec!["bounces".to_owned()],
                ..shape
            })
        })
}

/// Returns a registry of the built-in jobs and this one.
pub fn registry() -> Registry {
    let mut registry = mapreduce::registry();
    registry.add(job());
    registry
}

/// Assigns all visitors of a site to one partition, so that the rows of a site stay in the order of the visitors.
fn by_site(visitor: &[u8], partitions: u32) -> u32 {
    let Some((site, _)) = Visitor::view(visitor) else {
        return 0;
    };
    mapreduce::key::partition(mapreduce::key::hash(site.as_bytes()), partitions)
}
