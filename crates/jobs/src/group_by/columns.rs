//! Columns that a job reads, and fields that it writes.

use mapreduce_core::{CellType, JobError, Params, Schema};
use mapreduce_job::JobParams;

use super::aggregate::{Aggregate, Summary, corrupt};
use super::params::GroupByParams;
use crate::key::{distinct_names, result_name};
use crate::number::{NumberFormat, put_json};
use crate::row_cells::RowCells;

/// Columns that the job reads, and columns of its result.
#[derive(Debug, Default)]
pub(super) struct ColumnPlan {
    /// Names of all columns, keys first.
    columns: Vec<String>,
    /// Number of key columns.
    keys: usize,
    /// Indexes in `columns` of the columns with numbers.
    numbers: Vec<usize>,
    /// Indexes in `columns` of the columns whose distinct cells are counted.
    distinct: Vec<usize>,
    fields: Vec<Field>,
    format: NumberFormat,
}

/// Column of the result with an aggregate.
#[derive(Debug)]
struct Field {
    aggregation: Aggregation,
    /// Position in [`ColumnPlan::numbers`] or [`ColumnPlan::distinct`].
    index: usize,
}

/// Function that computes a field from the records of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregation {
    Count,
    Sum,
    Min,
    Max,
    Mean,
    Distinct,
}

impl ColumnPlan {
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let params = GroupByParams::read(params)?;
        let keys = distinct_names([&params.key]);
        if keys.is_empty() {
            return Err(JobError::permanent(
                "the parameter key is empty; name a column with --param key=COLUMN",
            ));
        }
        let format = NumberFormat::new(params.decimal, params.thousands)?;
        // In the order of the result's fields.
        let of_numbers = [
            (Aggregation::Sum, &params.sum),
            (Aggregation::Min, &params.min),
            (Aggregation::Max, &params.max),
            (Aggregation::Mean, &params.mean),
        ];
        let with_numbers = distinct_names(of_numbers.map(|(.., columns)| columns));
        let distinct = distinct_names([&params.distinct]);
        let columns = distinct_names([&keys, &with_numbers, &distinct]);
        let position = |name: &String| columns.iter().position(|other| other == name);
        let mut fields = Vec::new();
        if params.count || (with_numbers.is_empty() && distinct.is_empty()) {
            fields.push(Field {
                aggregation: Aggregation::Count,
                index: 0,
            });
        }
        let of_numbers = of_numbers
            .map(|(aggregation, list)| (distinct_names([list]), &with_numbers, aggregation));
        let of_cells = (distinct.clone(), &distinct, Aggregation::Distinct);
        for (list, among, aggregation) in of_numbers.into_iter().chain([of_cells]) {
            for column in &list {
                fields.push(Field {
                    aggregation,
                    index: among.iter().position(|other| other == column).unwrap_or(0),
                });
            }
        }
        Ok(Self {
            keys: keys.len(),
            numbers: with_numbers.iter().filter_map(position).collect(),
            distinct: distinct.iter().filter_map(position).collect(),
            columns,
            fields,
            format,
        })
    }

    /// Returns the names of the columns that the job reads, keys first.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the number of key columns.
    pub(super) fn keys(&self) -> usize {
        self.keys
    }

    /// Returns the indexes of the numeric columns in a record.
    pub(super) fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// Returns the indexes in a record of the columns whose distinct cells are counted.
    pub(super) fn distinct(&self) -> &[usize] {
        &self.distinct
    }

    /// Returns the notation of the numbers.
    pub(super) fn format(&self) -> NumberFormat {
        self.format
    }

    /// Returns the columns of the result: the keys and the fields. `names` are the names of [`ColumnPlan::columns`] in the
    /// input.
    pub(super) fn schema(&self, names: &[String]) -> Schema {
        let keys = names[..self.keys].iter();
        let keys = keys.map(|key| (result_name(key), CellType::Text));
        let fields = self.fields.iter().map(|field| {
            let column = match field.aggregation {
                Aggregation::Count => None,
                Aggregation::Distinct => Some(self.distinct[field.index]),
                _ => Some(self.numbers[field.index]),
            };
            let name = field.aggregation.name();
            let name = match column {
                None => name.to_owned(),
                Some(column) => format!("{name}_{}", result_name(&names[column])),
            };
            (name, field.aggregation.cell_type())
        });
        Schema::new(keys.chain(fields))
    }

    /// Appends the fields of a group to its row. `distinct` has the numbers of distinct cells.
    pub(super) fn push_fields(
        &self,
        whole: &Aggregate,
        distinct: &[u64],
        row: &mut RowCells,
    ) -> Result<(), JobError> {
        for field in &self.fields {
            match field.aggregation {
                Aggregation::Count => row.push_count(whole.records),
                Aggregation::Distinct => row.push_count(distinct[field.index]),
                aggregation => {
                    let summary = whole.numbers.get(field.index);
                    aggregation.push(summary.ok_or_else(corrupt)?, row);
                }
            }
        }
        Ok(())
    }
}

impl Aggregation {
    fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Distinct => "distinct",
        }
    }

    fn cell_type(self) -> CellType {
        match self {
            Self::Count | Self::Distinct => CellType::Integer,
            Self::Sum | Self::Min | Self::Max => CellType::Number,
            Self::Mean => CellType::Float,
        }
    }

    fn push(self, of: &Summary, row: &mut RowCells) {
        let mut text = Vec::new();
        match (self, of.ends) {
            (Self::Sum, _) => of.sum.write(&mut text),
            (_, None) => return row.push_missing(),
            (Self::Min, Some((least, _))) => least.write(&mut text),
            (Self::Max, Some((_, greatest))) => greatest.write(&mut text),
            _ => put_json(&mut text, &of.sum.mean(of.count)),
        }
        row.push(&text);
    }
}
