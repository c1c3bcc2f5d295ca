//! Parameters of the job `sort`.

use std::num::NonZeroUsize;

use mapreduce_job::job_params;
use serde::Deserialize;

job_params! {
    /// Parameters of the job.
    pub(super) struct SortParams {
        /// number of the field to sort by, from 1; if not set, lines sort by all of their bytes
        pub(super) key: Option<FieldNumber> = "",
        /// delimiter of fields: one byte, or a name such as tab, comma or space
        pub(super) delimiter: Delimiter = "tab",
        /// true: sort by numbers; fields that are not numbers come first
        pub(super) numeric: bool = "false",
        /// true: sort in descending order
        pub(super) reverse: bool = "false",
        /// true: keep only the first of the lines with equal keys
        pub(super) unique: bool = "false",
    }
}

/// Number of a field, from 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FieldNumber(NonZeroUsize);

impl FieldNumber {
    /// Returns the position of the field, from 0.
    pub(super) fn index(self) -> usize {
        self.0.get() - 1
    }
}

impl TryFrom<String> for FieldNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let number = text.parse().map(Self);
        number.map_err(|_| "must be a field number, from 1")
    }
}

/// Delimiter of fields.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Delimiter(pub(super) u8);

impl TryFrom<String> for Delimiter {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.as_bytes() {
            [byte] => Ok(Self(*byte)),
            _ => mapreduce_core::Delimiter::named(&text)
                .map(Self)
                .ok_or("must be one byte, tab, comma, semicolon, pipe, space or colon"),
        }
    }
}
