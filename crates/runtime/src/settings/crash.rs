//! Section `crash`.

use serde::Deserialize;

use super::reference::Setting;
use super::values;
use crate::crash::CrashPoint;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "crash.at",
        default: "off",
        meaning: "where this process ends itself as if killed, to show recovery: after-claim, \
                  before-commit, after-commit, while-planning or before-rename",
        accepts: "off, after-claim, before-commit, after-commit, while-planning or before-rename",
    },
    Setting {
        name: "crash.probability",
        default: "1.0",
        meaning: "how likely it ends each time the point is reached",
        accepts: "a number from 0 to 1",
    },
    Setting {
        name: "crash.skip",
        default: "0",
        meaning: "how many times the point is passed unharmed before",
        accepts: "a whole number",
    },
    Setting {
        name: "crash.seed",
        default: "",
        meaning: "repeats the same choices at every start; by chance if not set",
        accepts: "a whole number",
    },
];

/// Deliberate crashes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrashSettings {
    /// Where the process ends; `None` = nowhere.
    #[serde(deserialize_with = "at")]
    pub at: Option<CrashPoint>,
    /// How likely it ends each time the point is reached, from 0 to 1.
    #[serde(deserialize_with = "probability")]
    pub probability: f64,
    /// How many times the point is passed before.
    #[serde(deserialize_with = "values::number")]
    pub skip: u32,
    /// Seed of the choices; `None` = by chance.
    #[serde(deserialize_with = "values::optional_number")]
    pub seed: Option<u64>,
}

fn at<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<CrashPoint>, D::Error> {
    values::parsed(from, |text| match text {
        "off" => Some(None),
        point => point.parse().ok().map(Some),
    })
}

fn probability<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    values::parsed(from, |text| {
        text.parse()
            .ok()
            .filter(|number| (0.0..=1.0).contains(number))
    })
}
