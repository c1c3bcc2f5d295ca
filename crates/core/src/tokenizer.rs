//! Tokenizers for word count.

use serde::{Deserialize, Serialize};

/// Rule that splits a record into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tokenizer {
    /// Converts to lower case, splits at white space, keeps letters and digits, and drops empty words.
    #[default]
    Words,
    /// Splits at each single space. Empty words count.
    Spaces,
    /// Splits at the word boundaries of Unicode (UAX #29), converts to lower case and to normalization form C, and drops
    /// segments without letters and digits.
    Unicode,
}
