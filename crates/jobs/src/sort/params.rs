//! Parameters of the job `sort`.

use mapreduce_core::JobError;
use mapreduce_core::params::split_list;
use mapreduce_job::job_params;
use serde::Deserialize;

use crate::number::{DecimalSeparator, NumberFormat, ThousandsSeparator};

job_params! {
    /// Parameters of the job.
    pub(super) struct SortParams {
        /// columns to sort by, a,b,…, or numbers of fields of text, from 1; if not set, all columns or the whole line
        pub(super) key: Vec<String> = "",
        /// delimiter of the fields of text: one byte, or a name such as tab, comma or space
        pub(super) delimiter: Delimiter = "tab",
        /// true, or a list of keys: numeric order; cells that are not numbers come first
        pub(super) numeric: KeySet = "false",
        /// with numeric: decimal separator of numbers: one character
        pub(super) decimal: DecimalSeparator = ".",
        /// with numeric: thousands separator of numbers: one character, or the word space; if not set, numbers have none
        pub(super) thousands: Option<ThousandsSeparator> = "",
        /// true, or a list of keys: natural order, which compares numbers inside text, as in file names and versions
        pub(super) version: KeySet = "false",
        /// /// true, or a list of keys: case-insensitive order
        pub(super) ignore_case: KeySet = "false",
        /// true, or a list of keys: sort in descending order
        pub(super) reverse: KeySet = "false",
        /// true: keep only the first of the records with equal keys
        pub(super) unique: bool = "false",
    }
}

/// Keys to which an option applies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) enum KeySet {
    /// No keys.
    None,
    /// All keys.
    All,
    /// The keys with these names.
    Named(Vec<String>),
}

impl From<String> for KeySet {
    fn from(text: String) -> Self {
        match text.as_str() {
            "false" => Self::None,
            "true" => Self::All,
            list => Self::Named(split_list(list)),
        }
    }
}

impl KeySet {
    /// Returns true if the option applies to the key with this name.
    pub(super) fn contains(&self, key: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| name == key),
        }
    }
}

impl SortParams {
    /// Returns the options that apply to keys, with their names.
    pub(super) fn key_sets(&self) -> [(&'static str, &KeySet); 4] {
        [
            ("numeric", &self.numeric),
            ("version", &self.version),
            ("ignore_case", &self.ignore_case),
            ("reverse", &self.reverse),
        ]
    }

    /// Returns the notation of numbers.
    ///
    /// # Errors
    /// Options exclude each other, or name something else than a key.
    pub(super) fn check(&self) -> Result<NumberFormat, JobError> {
        let format = NumberFormat::new(self.decimal, self.thousands)?;
        if self.numeric == KeySet::None && format != NumberFormat::default() {
            return Err(JobError::permanent(
                "the parameters decimal and thousands need a numeric key; add --param numeric=true",
            ));
        }
        for (option, keys) in self.key_sets() {
            let KeySet::Named(names) = keys else { continue };
            if let Some(name) = names.iter().find(|name| !self.key.contains(*name)) {
                return Err(JobError::permanent(format!(
                    "the parameter {option} names {name:?}, which is not one of the keys; use true, false or names from \
                     the parameter key"
                )));
            }
        }
        let whole = [String::new()];
        let keys = if self.key.is_empty() {
            &whole[..]
        } else {
            &self.key
        };
        let orders = [
            ("numeric", &self.numeric),
            ("version", &self.version),
            ("ignore_case", &self.ignore_case),
        ];
        for key in keys {
            let mut set = orders.iter().filter(|(_, keys)| keys.contains(key));
            if let (Some((first, _)), Some((second, _))) = (set.next(), set.next())
                && (*first, *second) != ("version", "ignore_case")
            {
                return Err(JobError::permanent(format!(
                    "the parameters {first} and {second} cannot be combined for the same key; set one of them"
                )));
            }
        }
        Ok(format)
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
