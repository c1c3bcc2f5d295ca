//! The result of a trial.

use std::collections::BTreeMap;

/// Result of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrialOutcome {
    /// Rows of the main output in the order of the result, as key and value in text form. Of a table, the first cell
    /// and the other cells, separated by tabs.
    pub rows: Vec<(String, String)>,
    /// Rows of each other output.
    pub others: Vec<Vec<(String, String)>>,
    /// Custom counters of the job by `group:name`.
    pub counters: BTreeMap<String, u64>,
    pub(super) csv: String,
}

impl TrialOutcome {
    /// Returns the main output as CSV with a header, as `--output result.csv` writes it.
    pub fn csv(&self) -> &str {
        &self.csv
    }
}
