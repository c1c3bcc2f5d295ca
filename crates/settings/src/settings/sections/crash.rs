//! Section `crash`.

use serde::Deserializer;

use super::crash_point::CrashPoint;
use crate::settings::section::section;
use crate::settings::values;

section! {
    /// Deliberate crashes.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CrashSettings in "crash" {
        /// Point at which the process ends as if it were killed; off = never.
        ///
        /// The points are `after-claim`, `before-commit` and `after-commit` in a worker, and `while-planning` and
        /// `before-rename` in the master.
        at: Option<CrashPoint> = "off" {
            accepts: "off, after-claim, before-commit, after-commit, while-planning or before-rename",
            read: "at",
        }
        /// Probability of a crash each time the process reaches the point, from 0 to 1.
        probability: f64 = "1.0" {
            accepts: "a number from 0 to 1",
            read: "probability",
        }
        /// Number of times that the process passes the point before it may crash.
        skip: u32 = "0" {
            accepts: "a whole number",
            read: "values::number",
        }
        /// Seed of the random choices; random if not set.
        ///
        /// With a seed every start makes the same choices.
        seed: Option<u64> = "" {
            accepts: "a whole number",
            read: "values::optional_number",
        }
    }
}

fn at<'de, D: Deserializer<'de>>(from: D) -> Result<Option<CrashPoint>, D::Error> {
    values::parsed(from, |text| match text {
        "off" => Some(None),
        point => point.parse().ok().map(Some),
    })
}

fn probability<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    values::parsed(from, |text| {
        text.parse()
            .ok()
            .filter(|number| (0.0..=1.0).contains(number))
    })
}
