//! Columns that a job reads, and fields that it writes.

use mapreduce_core::{JobError, Params};
use mapreduce_job::JobParams;

use super::aggregate::{Aggregate, Summary, corrupt};
use super::params::GroupByParams;
use crate::key::distinct_names;
use crate::number::{NumberFormat, put_json};

/// Columns that the job reads, and fields of its result.
#[derive(Debug, Default)]
pub(super) struct ColumnPlan {
    /// Names of all columns, keys first.
    columns: Vec<String>,
    /// Number of key columns.
    keys: usize,
    /// Positions in `columns` of those with numbers.
    numbers: Vec<usize>,
    /// Positions in `columns` of those whose distinct cells are counted.
    distinct: Vec<usize>,
    fields: Vec<Field>,
    format: NumberFormat,
}

/// Field of the result.
#[derive(Debug)]
struct Field {
    name: String,
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
            ("sum", Aggregation::Sum, &params.sum),
            ("min", Aggregation::Min, &params.min),
            ("max", Aggregation::Max, &params.max),
            ("mean", Aggregation::Mean, &params.mean),
        ];
        let with_numbers = distinct_names(of_numbers.map(|(.., columns)| columns));
        let distinct = distinct_names([&params.distinct]);
        let columns = distinct_names([&keys, &with_numbers, &distinct]);
        let position = |name: &String| columns.iter().position(|other| other == name);
        let mut fields = Vec::new();
        if params.count || (with_numbers.is_empty() && distinct.is_empty()) {
            fields.push(Field {
                name: "count".to_owned(),
                aggregation: Aggregation::Count,
                index: 0,
            });
        }
        let of_numbers = of_numbers.map(|(name, aggregation, list)| {
            (distinct_names([list]), &with_numbers, name, aggregation)
        });
        let of_cells = (
            distinct.clone(),
            &distinct,
            "distinct",
            Aggregation::Distinct,
        );
        for (list, among, name, aggregation) in of_numbers.into_iter().chain([of_cells]) {
            for column in &list {
                fields.push(Field {
                    name: format!("{name}_{column}"),
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

    /// Returns the positions in a record of the columns with numbers.
    pub(super) fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// Returns the positions in a record of the columns whose distinct cells are counted.
    pub(super) fn distinct(&self) -> &[usize] {
        &self.distinct
    }

    /// Returns the notation of the numbers.
    pub(super) fn format(&self) -> NumberFormat {
        self.format
    }

    /// Returns the names of the result's fields.
    pub(super) fn names(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.name.clone()).collect()
    }

    /// Appends the row of a group as JSON. `distinct` has the numbers of distinct cells.
    pub(super) fn write(
        &self,
        whole: &Aggregate,
        distinct: &[u64],
        into: &mut Vec<u8>,
    ) -> Result<(), JobError> {
        for (nth, field) in self.fields.iter().enumerate() {
            into.push(if nth == 0 { b'{' } else { b',' });
            put_json(into, &field.name);
            into.push(b':');
            match field.aggregation {
                Aggregation::Count => put_json(into, &whole.records),
                Aggregation::Distinct => put_json(into, &distinct[field.index]),
                aggregation => {
                    let summary = whole.numbers.get(field.index);
                    aggregation.write(summary.ok_or_else(corrupt)?, into);
                }
            }
        }
        into.push(b'}');
        Ok(())
    }
}

impl Aggregation {
    fn write(self, of: &Summary, into: &mut Vec<u8>) {
        match (self, of.ends) {
            (Self::Sum, _) => of.sum.write(into),
            (_, None) => into.extend_from_slice(b"null"),
            (Self::Min, Some((least, _))) => least.write(into),
            (Self::Max, Some((_, greatest))) => greatest.write(into),
            _ => put_json(into, &of.sum.mean(of.count)),
        }
    }
}
