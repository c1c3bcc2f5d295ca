//! Section `input`.

use std::num::NonZeroU64;

use mapreduce::{Format, Tokenizer};
use serde::Deserialize;
use serde::de::Error as _;

use super::reference::Setting;
use super::values;

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "input.format",
        default: "auto",
        meaning: "auto (by file name), text, csv, tsv, ndjson, keyvalue, whole (a file is a record) or parquet",
        accepts: "auto, text, csv, tsv, ndjson, keyvalue, whole or parquet",
    },
    Setting {
        name: "input.column",
        default: "",
        meaning: "the column to read of CSV, TSV or Parquet, by its name in the header; several with commas between them",
        accepts: "the name of a column",
    },
    Setting {
        name: "input.delimiter",
        default: "",
        meaning: "what is between the cells of a table, or between key and value: a character of ASCII, or tab; if not set, the comma for csv and tab for tsv and keyvalue",
        accepts: "one character of ASCII, or tab; letters, digits, quotes and line ends cannot be meant",
    },
    Setting {
        name: "input.pointer",
        default: "",
        meaning: "JSON pointers to what is read of ndjson, such as /user/lang; several with commas between them; if not set, a record is the whole line",
        accepts: "a JSON pointer such as /user/lang, or several with commas between them",
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
        meaning: "whether a record that lacks cells, or is no JSON, ends the job; if not, it is counted",
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
    /// The columns to read of a table. Whether one is needed depends on the files.
    #[serde(deserialize_with = "values::optional_text")]
    pub column: Option<String>,
    /// What is between cells, or between key and value; `None` = by the format.
    #[serde(deserialize_with = "delimiter")]
    pub delimiter: Option<u8>,
    /// JSON pointers to what is read of JSON.
    #[serde(deserialize_with = "pointers")]
    pub pointer: Vec<String>,
    /// How a record becomes words.
    #[serde(deserialize_with = "tokenizer")]
    pub tokenizer: Tokenizer,
    /// Bytes of input per map task, compressed files aside; `None` = the planner chooses.
    #[serde(deserialize_with = "values::size_or_auto")]
    pub split_size: Option<NonZeroU64>,
    /// Lines per map task for text that is not compressed; `None` = off.
    #[serde(deserialize_with = "values::number_or_off")]
    pub chunk_lines: Option<NonZeroU64>,
    /// Whether a record that lacks something ends the job.
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
        "tsv" => Some(Format::Tsv),
        "ndjson" => Some(Format::Ndjson),
        "keyvalue" => Some(Format::KeyValue),
        "whole" => Some(Format::Whole),
        "parquet" => Some(Format::Parquet),
        _ => None,
    })
}

/// As it is written: a tab, too, is a character that people type.
fn delimiter<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    let text = String::deserialize(from)?;
    match text.as_bytes() {
        [] => Ok(None),
        b"tab" => Ok(Some(b'\t')),
        [b'"' | b'\'' | b'\n' | b'\r' | 0] => Err(D::Error::custom("not accepted")),
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Ok(Some(*byte)),
        _ => Err(D::Error::custom("not accepted")),
    }
}

fn pointers<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    values::parsed(from, |text| {
        let all = text.split(',').map(str::trim).filter(|_| !text.is_empty());
        all.map(|text| is_pointer(text).then(|| text.to_owned()))
            .collect()
    })
}

/// Whether RFC 6901 allows it, and it leads into a value.
fn is_pointer(text: &str) -> bool {
    let escapes = text.split('~').skip(1);
    text.starts_with('/')
        && escapes
            .into_iter()
            .all(|behind| behind.starts_with(['0', '1']))
}

fn tokenizer<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Tokenizer, D::Error> {
    values::parsed(from, |text| match text {
        "words" => Some(Tokenizer::Words),
        "spaces" => Some(Tokenizer::Spaces),
        _ => None,
    })
}
