//! Section `input`.

use std::num::NonZeroU64;

use mapreduce_core::{Delimiter, Escape, InputEncoding, InputFormat, Quote, Tokenizer};
use serde::Deserializer;

use super::dialect;
use crate::settings::section::section;
use crate::settings::values;

section! {
    /// Input files, records and words.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct InputSettings in "input" {
        /// Format of the input: auto (by file name), text, csv, tsv, ndjson, keyvalue, whole or parquet.
        ///
        /// With `whole`, each file is one record.
        format: InputFormat = "auto" {
            accepts: "auto, text, csv, tsv, ndjson, keyvalue, whole or parquet",
            read: "format",
            flag: "--format FORMAT",
        }
        /// Encoding of text: auto (UTF-8, or UTF-16 by its byte-order mark), utf-8, utf-16, latin-1, windows-1252, ….
        ///
        /// It may have any name of the Encoding Standard, such as gbk, euc-kr or iso-8859-2. utf-16 without a
        /// byte-order mark is utf-16le. A byte-order mark takes precedence over other encodings. A file that is not
        /// UTF-8 is one task. Parquet ignores this setting.
        encoding: InputEncoding = "auto" {
            accepts: "auto, utf-8, utf-16, latin-1, windows-1252, or another name such as shift_jis, gbk or iso-8859-2",
            read: "encoding",
            flag: "--encoding ENCODING",
        }
        /// Recursive reading of folders, with subfolders at any depth.
        ///
        /// Links to folders are not followed.
        recursive: bool = "false" {
            accepts: "true or false",
            read: "values::flag",
            flag: "--recursive",
        }
        /// Columns to read from CSV, TSV or Parquet: names in the header, separated by commas.
        column: Option<String> = "" {
            accepts: "the name of a column",
            read: "values::optional_text",
            flag: "--column COLUMNS",
        }
        /// Delimiter of cells, or of key and value: one ASCII character, its name, or auto.
        ///
        /// If it is not set, `csv` uses the comma, and `tsv` and `keyvalue` use the tab. With `auto`, the first 64 KiB
        /// of each input decide about the delimiter of tables, and about `input.quote` and `input.escape` if they are
        /// not set.
        delimiter: Option<Delimiter> = "" {
            accepts: "one ASCII character, tab, comma, semicolon, pipe, space, colon or auto; letters, digits, quotes and line breaks are not allowed",
            read: "dialect::delimiter",
            flag: "--delimiter CHARACTER",
        }
        /// JSON pointers to the values to read from ndjson, such as /user/lang, separated by commas.
        ///
        /// If it is not set, a record is the whole line.
        pointer: Vec<String> = "" {
            accepts: "a JSON pointer such as /user/lang, or several separated by commas",
            read: "pointers",
            flag: "--pointer POINTERS",
        }
        /// Rule that cuts a record into words: words, spaces or unicode.
        ///
        /// `words` cuts at white space, converts to lower case and keeps letters and digits only. `spaces` cuts at each
        /// space and changes nothing else. `unicode` cuts at the word boundaries of Unicode (UAX #29), and converts to
        /// lower case and to normalization form C.
        tokenizer: Tokenizer = "words" {
            accepts: "words, spaces or unicode",
            read: "tokenizer",
            flag: "--tokenizer TOKENIZER",
        }
        /// Quote around cells of tables: one ASCII character, or none for tables in which quotes are text.
        ///
        /// If it is not set, it is the double quote.
        quote: Option<Quote> = "" {
            accepts: "one ASCII character or none; letters, digits, backslashes and line breaks are not allowed",
            read: "dialect::quote",
        }
        /// Escape of quotes and other special characters in tables: double or backslash.
        ///
        /// If it is not set, it is `double`: two quotes in a quoted cell stand for one. With `backslash`, which may be
        /// written as the character itself, a backslash makes the next special character text.
        escape: Option<Escape> = "" {
            accepts: "double, backslash or \\",
            read: "dialect::escape",
        }
        /// Comments in tables: the ASCII character at the start of lines to skip.
        comment: Option<u8> = "" {
            accepts: "one ASCII character; letters, digits, backslashes and line breaks are not allowed",
            read: "dialect::comment",
        }
        /// Texts of unquoted cells that count as missing, separated by commas.
        ///
        /// `""` in the list stands for empty cells.
        null: Vec<String> = "" {
            accepts: "a list of texts without line breaks, separated by commas",
            read: "dialect::nulls",
        }
        /// Header of tables: true = the first row names the columns; false = the columns are c1, c2, ….
        header: bool = "true" {
            accepts: "true or false",
            read: "values::flag",
        }
        /// Bytes of input per map task; auto = 1/32 of the input, from 1 MiB to 16 MiB.
        ///
        /// A compressed file is always one task. The result does not depend on this setting.
        split_size: Option<NonZeroU64> = "auto" {
            accepts: "auto or a size such as 32MiB, at least 1 byte",
            read: "values::size_or_auto",
            flag: "--split-size SIZE",
        }
        /// Lines per map task for uncompressed text, instead of a size; 0 = off.
        chunk_lines: Option<NonZeroU64> = "0" {
            accepts: "a whole number",
            read: "values::number_or_off",
            flag: "--chunk-lines LINES",
        }
        /// Strict mode: true = a defective record fails the job; false = defective records are counted.
        ///
        /// A record is defective if it does not have the cells of the header, has text after the closing quote of a
        /// cell, is not valid JSON, lacks the selected value, or is not valid UTF-8.
        strict: bool = "false" {
            accepts: "true or false",
            read: "values::flag",
            flag: "--strict",
        }
        /// Empty input: true = accept input without records or selected values; false = fail the job.
        allow_empty: bool = "false" {
            accepts: "true or false",
            read: "values::flag",
        }
        /// Maximum length of a record in bytes, after decompression.
        max_record: NonZeroU64 = "256MiB" {
            accepts: "a size such as 256MiB, at least 1 byte",
            read: "values::size",
        }
        /// Memory limit of a slot for the window of a zstd or xz file, in bytes, at most 2 GiB.
        ///
        /// For zstd, it is rounded down to a power of two. `2GiB` reads files that `zstd --long=31` wrote.
        max_window: NonZeroU64 = "128MiB" {
            accepts: "a size from 1MiB to 2GiB",
            read: "window",
        }
    }
}

/// Range of `input.max_window`. A smaller limit would reject nearly all files, and no zstd file needs a larger one.
const WINDOWS: std::ops::RangeInclusive<u64> = 1 << 20..=2 << 30;

fn window<'de, D: Deserializer<'de>>(from: D) -> Result<NonZeroU64, D::Error> {
    values::parsed(from, |text| {
        values::parse_size(text).filter(|size| WINDOWS.contains(&size.get()))
    })
}

fn format<'de, D: Deserializer<'de>>(from: D) -> Result<InputFormat, D::Error> {
    values::parsed(from, |text| match text {
        "auto" => Some(InputFormat::Auto),
        "text" => Some(InputFormat::Text),
        "csv" => Some(InputFormat::Csv),
        "tsv" => Some(InputFormat::Tsv),
        "ndjson" => Some(InputFormat::Ndjson),
        "keyvalue" => Some(InputFormat::KeyValue),
        "whole" => Some(InputFormat::Whole),
        "parquet" => Some(InputFormat::Parquet),
        _ => None,
    })
}

fn encoding<'de, D: Deserializer<'de>>(from: D) -> Result<InputEncoding, D::Error> {
    values::parsed(from, InputEncoding::parse)
}

fn pointers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    values::parsed(from, |text| {
        let all = text.split(',').map(str::trim).filter(|_| !text.is_empty());
        all.map(|text| is_pointer(text).then(|| text.to_owned()))
            .collect()
    })
}

/// Checks the syntax of RFC 6901; the empty pointer, which means the whole value, is rejected.
fn is_pointer(text: &str) -> bool {
    let escapes = text.split('~').skip(1);
    text.starts_with('/')
        && escapes
            .into_iter()
            .all(|escape| escape.starts_with(['0', '1']))
}

fn tokenizer<'de, D: Deserializer<'de>>(from: D) -> Result<Tokenizer, D::Error> {
    values::parsed(from, |text| match text {
        "words" => Some(Tokenizer::Words),
        "spaces" => Some(Tokenizer::Spaces),
        "unicode" => Some(Tokenizer::Unicode),
        _ => None,
    })
}
