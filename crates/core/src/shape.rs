//! Structure of a job. The job derives it from its parameters; the plan saves it.

use serde::{Deserialize, Serialize};

/// Instructions of a job for the code around its mapper and reducer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Reduction of the values of a key.
    pub reduction: Reduction,
    /// Assignment of keys to reduce tasks.
    pub partitioning: Partitioning,
    /// Order of the result.
    pub order: Order,
    /// If true, the reducer gets the values of a key sorted by their bytes; otherwise in the order of the input.
    #[serde(default)]
    pub sort_values: bool,
    /// True if the job has a combiner.
    #[serde(default, rename = "combine")]
    pub has_combiner: bool,
    /// Type of the values of the result.
    pub value: ValueKind,
    /// True if every key of the result is unique. A JSON result is then one object.
    #[serde(default)]
    pub unique_keys: bool,
    /// Names of the additional outputs.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Columns of a record, for formats with columns.
    #[serde(default)]
    pub columns: Columns,
    /// True if records need their line numbers. The planner then reads the whole input to count lines.
    #[serde(default, rename = "lines")]
    pub line_numbers: bool,
    /// Required number of inputs (`job.input`), if the job needs an exact one.
    #[serde(default, rename = "inputs")]
    pub required_inputs: Option<u16>,
    /// Required number of reduce tasks, if the job needs an exact one.
    #[serde(default, rename = "reduces")]
    pub required_reduces: Option<u32>,
    /// Maximum number of rows of the result, those with the highest counts.
    #[serde(default)]
    pub top: Option<u64>,
}

impl Shape {
    /// Returns the shape of a job that adds up 64-bit counts by key. The most frequent keys come first.
    pub fn sum() -> Self {
        Self {
            reduction: Reduction::Sum,
            partitioning: Partitioning::Hash,
            order: Order::Count,
            sort_values: false,
            has_combiner: false,
            value: ValueKind::Count,
            unique_keys: true,
            outputs: Vec::new(),
            columns: Columns::Configured,
            line_numbers: false,
            required_inputs: None,
            required_reduces: None,
            top: None,
        }
    }

    /// Returns the shape of a job that reduces groups of equal keys. The result is sorted by key.
    pub fn groups(value: ValueKind) -> Self {
        Self {
            reduction: Reduction::Groups,
            order: Order::Key,
            value,
            unique_keys: false,
            ..Self::sum()
        }
    }
}

/// Reduction of the values of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    /// The values are counts and are added up in a hash table, which is the fastest way.
    Sum,
    /// The job's reducer gets all values of a key.
    Groups,
}

/// Assignment of keys to reduce tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Partitioning {
    /// By the hash of the key.
    Hash,
    /// By ranges of keys, whose bounds come from a sample of the input. The concatenated partitions are sorted.
    Range,
    /// By map task. The concatenated partitions are in the order of the input.
    Input,
    /// By the partition function of the job.
    Custom,
}

/// Order of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Highest count first. Ties are ordered by the bytes of the key.
    Count,
    /// By key. Rows with equal keys from different groups are in the order of their partitions, which depends on
    /// `job.reduces`.
    Key,
    /// In the order in which the reducers emitted the rows, one partition after the other.
    Emitted,
}

/// Type of the values of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// Counts that were added up by key.
    Count,
    /// Text.
    Text,
    /// A JSON number.
    Number,
    /// A JSON value in one line.
    Json,
    /// A JSON object with these fields. In CSV they are columns.
    Record(Vec<String>),
    /// No value: a row consists of its key.
    Nothing,
}

/// Input columns that a job reads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Columns {
    /// The columns in `input.column`. For CSV the setting must name at least one.
    #[default]
    #[serde(rename = "one")]
    Configured,
    /// These columns, in this order. A record may lack some or all of them, see
    /// [`Record::field`](crate::record::Record::field).
    Named(Vec<String>),
    /// All columns. A record may lack some of them.
    All,
    /// No columns: a record is a line, for every file extension.
    Line,
}

impl Columns {
    /// Returns `true` if the job chooses the columns. It then also gets the records that lack all of them.
    pub fn are_chosen_by_job(&self) -> bool {
        matches!(self, Self::Named(_) | Self::All)
    }
}
