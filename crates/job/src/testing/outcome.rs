//! The result of a trial.

use std::collections::BTreeMap;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The rows of the main output, in the order of the result: key and value as text.
    pub rows: Vec<(String, String)>,
    /// The rows of the other outputs.
    pub others: Vec<Vec<(String, String)>>,
    /// The job's own counters, as `group:name`.
    pub counters: BTreeMap<String, u64>,
}
