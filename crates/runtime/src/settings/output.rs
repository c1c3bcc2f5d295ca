//! Section `output`.

use std::num::NonZeroU64;

use mapreduce::output::OutputFormat;
use serde::Deserialize;

use super::reference::Setting;
use super::values;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "output.format",
        default: "auto",
        meaning: "auto (by the name of job.output), json, ndjson, csv, tsv or txt",
        accepts: "auto, json, ndjson, csv, tsv or txt",
    },
    Setting {
        name: "output.top",
        default: "0",
        meaning: "how many of the most frequent keys are wanted; 0 = all",
        accepts: "a whole number",
    },
    Setting {
        name: "output.parts",
        default: "false",
        meaning: "whether job.output becomes a folder of part files, one written by each reduce task, and _SUCCESS",
        accepts: "true or false",
    },
];

/// What the result looks like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSettings {
    /// The layout; `None` = by the name of the output.
    #[serde(deserialize_with = "format")]
    pub format: Option<OutputFormat>,
    /// How many of the most frequent keys are wanted; `None` = all.
    #[serde(deserialize_with = "values::number_or_off")]
    pub top: Option<NonZeroU64>,
    /// Whether reduce tasks write the result, each a file.
    #[serde(deserialize_with = "values::flag")]
    pub parts: bool,
}

fn format<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<OutputFormat>, D::Error> {
    values::parsed(from, |text| {
        if text == "auto" {
            return Some(None);
        }
        let named = OutputFormat::ALL.iter().find(|(word, _)| *word == text);
        named.map(|(_, format)| Some(*format))
    })
}
