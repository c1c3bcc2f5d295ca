//! The choice of a tokenizer.

use serde::{Deserialize, Serialize};

/// The two ways to cut a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tokenizer {
    /// Lower-case, cut at white space, keep letters and digits, drop what is empty.
    #[default]
    Words,
    /// Cut at each single space; empty strings count.
    Spaces,
}
