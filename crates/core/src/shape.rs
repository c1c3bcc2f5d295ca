//! How a job goes together: decided once, from its parameters, and part of the plan.

use serde::{Deserialize, Serialize};

/// What the parts around a mapper and a reducer are to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// How the values of a key become one.
    pub reduction: Reduction,
    /// Which reduce task a key goes to.
    pub partitioning: Partitioning,
    /// The order of the result.
    pub order: Order,
    /// Whether the values of a key come sorted by their bytes; otherwise in the order of the input.
    #[serde(default)]
    pub sort_values: bool,
    /// Whether the job has a combiner.
    #[serde(default)]
    pub combine: bool,
    /// What the values of the result are.
    pub value: ValueKind,
    /// Whether no key comes twice in the result: then JSON is one object.
    #[serde(default)]
    pub unique_keys: bool,
    /// Names of other outputs beside the main one.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Which columns a record holds, where records have columns.
    #[serde(default)]
    pub columns: Columns,
    /// Whether records are to know their lines, for which the planner reads all of the input once.
    #[serde(default)]
    pub lines: bool,
    /// The number of inputs (`job.input`), where it must be a certain one.
    #[serde(default)]
    pub inputs: Option<u16>,
    /// The number of reduce tasks, where it must be a certain one.
    #[serde(default)]
    pub reduces: Option<u32>,
    /// Only so many rows are wanted, the first in the order of counts.
    #[serde(default)]
    pub top: Option<u64>,
}

impl Shape {
    /// Counts of 64 bits, added up by key; most frequent first.
    pub fn sum() -> Self {
        Self {
            reduction: Reduction::Sum,
            partitioning: Partitioning::Hash,
            order: Order::Count,
            sort_values: false,
            combine: false,
            value: ValueKind::Count,
            unique_keys: true,
            outputs: Vec::new(),
            columns: Columns::One,
            lines: false,
            inputs: None,
            reduces: None,
            top: None,
        }
    }

    /// Any values, reduced by groups of equal keys; the result by its keys.
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

/// How the values of a key become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    /// They are counts and are added up: the fastest way, in a table.
    Sum,
    /// The job's reducer is given all of them.
    Groups,
}

/// Which reduce task a key goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Partitioning {
    /// By its hash.
    Hash,
    /// By its place among keys that a sample of the input gave: together the parts are sorted.
    Range,
    /// By its map task: the parts are in the order of the input.
    Input,
    /// As the job says.
    Custom,
}

/// The order of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Highest count first, ties by the key's bytes.
    Count,
    /// By key. Rows with one key that come from different groups are in the order of the partitions, which is
    /// another with another `job.reduces`: see [`Reducer`](super::Reducer).
    Key,
    /// As the reducers wrote it, one partition behind the other.
    Emitted,
}

/// What the values of the result are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// Counts, of the sums by key.
    Count,
    /// Text.
    Text,
    /// A number, as JSON spells it.
    Number,
    /// JSON in one line.
    Json,
    /// A JSON object with these fields, which are columns in CSV.
    Record(Vec<String>),
    /// There are none: a row is its key.
    Nothing,
}

/// Which columns of its input a job reads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Columns {
    /// Those that `input.column` names: of CSV at least one must be named.
    #[default]
    One,
    /// These, in this order. A record may lack some of them, or all: [`Record::field`](crate::Record::field).
    Named(Vec<String>),
    /// All. A record may lack some of them.
    All,
    /// None: a record is a line, whatever the file's name.
    Line,
}

impl Columns {
    /// Whether the job says which ones they are: then it is given records that lack all of them too.
    pub fn are_the_jobs(&self) -> bool {
        matches!(self, Self::Named(_) | Self::All)
    }
}
