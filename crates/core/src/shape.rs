//! Structure of a job. The job derives it from its parameters; the plan saves it.

use serde::{Deserialize, Serialize};

use crate::schema::{CellType, Schema};

/// Structure of a job: how the engine reads records, groups values and writes the result.
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
    /// Name of the column with the keys of the result.
    #[serde(
        default = "default_key_name",
        skip_serializing_if = "is_default_key_name"
    )]
    pub key_name: String,
    /// Name of the column with the values of the result.
    #[serde(
        default = "default_value_name",
        skip_serializing_if = "is_default_value_name"
    )]
    pub value_name: String,
    /// True if a JSON result is one object, from keys to values. Every key must be unique then.
    #[serde(default, rename = "unique_keys")]
    pub json_object: bool,
    /// Names of the additional outputs.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Columns of a record, for formats with columns.
    #[serde(default)]
    pub columns: Columns,
    /// True if records need their line numbers. The planner then reads the whole input to count lines.
    #[serde(default, rename = "lines")]
    pub line_numbers: bool,
    /// Required number of inputs (`job.input`), if the job needs an exact number.
    #[serde(default, rename = "inputs")]
    pub required_inputs: Option<u16>,
    /// Required number of reduce tasks, if the job needs an exact number.
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
            key_name: default_key_name(),
            value_name: "count".to_owned(),
            json_object: true,
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
            value_name: default_value_name(),
            json_object: false,
            ..Self::sum()
        }
    }

    /// Returns the shape of a job that reduces groups of equal keys to the rows of a table. The rows are sorted by key.
    pub fn table(schema: Schema) -> Self {
        Self::groups(ValueKind::Table(schema))
    }

    /// Returns true if the rows of the result are those of a table.
    pub fn is_table(&self) -> bool {
        matches!(self.value, ValueKind::Table(_))
    }

    /// Returns the columns of the result.
    pub fn schema(&self) -> Schema {
        let key = |cell_type| (self.key_name.clone(), cell_type);
        let value = |cell_type| (self.value_name.clone(), cell_type);
        let text = key(CellType::Text);
        match &self.value {
            ValueKind::Count => Schema::new([text, value(CellType::Integer)]),
            ValueKind::Text => Schema::new([text, value(CellType::Text)]),
            ValueKind::Number => Schema::new([text, value(CellType::Number)]),
            ValueKind::Json => Schema::new([text, value(CellType::Json)]),
            ValueKind::Nothing | ValueKind::Line => Schema::new([text]),
            ValueKind::Table(schema) => schema.clone(),
        }
    }
}

fn default_key_name() -> String {
    "key".to_owned()
}

fn is_default_key_name(name: &str) -> bool {
    name == "key"
}

fn default_value_name() -> String {
    "value".to_owned()
}

fn is_default_value_name(name: &str) -> bool {
    name == "value"
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
    /// No value: a row consists of its key.
    Nothing,
    /// No value: the key is a line of text, which is written unchanged to `csv`, `tsv` and `txt` results.
    Line,
    /// The cells of all columns of a table, as [`put_cell`](crate::schema::put_cell) writes them. The key orders the rows
    /// and is not a column.
    Table(Schema),
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
    /// All columns of files that have columns. A record of other files is a line. A job cannot read both kinds at once.
    #[serde(rename = "any")]
    AllOrLine,
    /// No columns: a record is a line, whatever the extension of the file.
    Line,
}

impl Columns {
    /// Returns `true` if the job chooses the columns. It then also gets the records that lack all of them.
    pub fn are_chosen_by_job(&self) -> bool {
        matches!(self, Self::Named(_) | Self::All | Self::AllOrLine)
    }
}
