//! Section `output`.

use std::num::NonZeroU64;

use mapreduce_core::OutputFormat;
use serde::Deserializer;

use crate::settings::section::section;
use crate::settings::values;

section! {
    /// Format and files of the result.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OutputSettings in "output" {
        /// Format of the result: auto (by the extension of `job.output`), json, ndjson, csv, tsv or txt.
        format: Option<OutputFormat> = "auto" {
            accepts: "auto, json, ndjson, csv, tsv or txt",
            read: "format",
        }
        /// First line of CSV and TSV results with the names of the columns.
        header: bool = "true" {
            accepts: "true or false",
            read: "values::flag",
        }
        /// Number of most frequent keys in the result; 0 = all keys.
        top: Option<NonZeroU64> = "0" {
            accepts: "a whole number",
            read: "values::number_or_off",
        }
        /// Output as a folder: one part file per reduce task, and `_SUCCESS`.
        parts: bool = "false" {
            accepts: "true or false",
            read: "values::flag",
        }
    }
}

fn format<'de, D: Deserializer<'de>>(from: D) -> Result<Option<OutputFormat>, D::Error> {
    values::parsed(from, |text| {
        if text == "auto" {
            return Some(None);
        }
        let named = OutputFormat::ALL.iter().find(|(name, _)| *name == text);
        named.map(|(_, format)| Some(*format))
    })
}
