//! Section `input`.

use std::num::NonZeroU64;

use mapreduce::{Format, Tokenizer};
use serde::Deserialize;

use super::reference::Setting;
use super::values;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "input.format",
        default: "auto",
        meaning: "auto (by file name), text or csv",
        accepts: "auto, text or csv",
    },
    Setting {
        name: "input.column",
        default: "",
        meaning: "the CSV column to read, by its name in the header",
        accepts: "the name of a column",
    },
    Setting {
        name: "input.tokenizer",
        default: "words",
        meaning: "words: lower case, letters and digits only; spaces: cut at each space, nothing else",
        accepts: "words or spaces",
    },
    Setting {
        name: "input.split_size",
        default: "auto",
        meaning: "bytes of input per map task; a compressed file is one task, whatever its size",
        accepts: "auto or a size such as 32MiB, at least 1 byte",
    },
    Setting {
        name: "input.chunk_lines",
        default: "0",
        meaning: "lines per map task for text that is not compressed, instead of a size; 0 = off",
        accepts: "a whole number",
    },
    Setting {
        name: "input.strict",
        default: "false",
        meaning: "whether a CSV record with too few cells ends the job; if not, it is counted",
        accepts: "true or false",
    },
    Setting {
        name: "input.max_record",
        default: "256MiB",
        meaning: "longest record accepted, after decompression",
        accepts: "a size such as 256MiB, at least 1 byte",
    },
];

/// How input becomes records and words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSettings {
    /// How the files' records are laid out.
    #[serde(deserialize_with = "format")]
    pub format: Format,
    /// The CSV column to read. Whether one is needed depends on the files.
    #[serde(deserialize_with = "values::optional_text")]
    pub column: Option<String>,
    /// How a record becomes words.
    #[serde(deserialize_with = "tokenizer")]
    pub tokenizer: Tokenizer,
    /// Bytes of input per map task, compressed files aside; `None` = the planner chooses.
    #[serde(deserialize_with = "values::size_or_auto")]
    pub split_size: Option<NonZeroU64>,
    /// Lines per map task for text that is not compressed; `None` = off.
    #[serde(deserialize_with = "values::number_or_off")]
    pub chunk_lines: Option<NonZeroU64>,
    /// Whether a CSV record with too few cells ends the job.
    #[serde(deserialize_with = "values::flag")]
    pub strict: bool,
    /// Longest record accepted, in bytes.
    #[serde(deserialize_with = "values::size")]
    pub max_record: NonZeroU64,
}

fn format<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Format, D::Error> {
    values::parsed(from, |text| match text {
        "auto" => Some(Format::Auto),
        "text" => Some(Format::Text),
        "csv" => Some(Format::Csv),
        _ => None,
    })
}

fn tokenizer<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Tokenizer, D::Error> {
    values::parsed(from, |text| match text {
        "words" => Some(Tokenizer::Words),
        "spaces" => Some(Tokenizer::Spaces),
        _ => None,
    })
}
