//! Columns of the inputs, to which jobs bind their parameters.

use mapreduce_core::JobError;
use mapreduce_core::column_names::{find_column, listed};
use mapreduce_core::schema::columns_by_input;

/// Returns the columns of all inputs together, in the order of their first occurrence.
pub(super) fn all_columns(columns: &[Vec<String>]) -> Vec<String> {
    columns_by_input(columns.iter().map(|columns| (0, columns.clone())), 1).concat()
}

/// Returns the position of the column that `parameter` names `wanted`. `input` is the input in the message.
///
/// # Errors
/// The input has no such column.
pub(super) fn required_column(
    columns: &[String],
    wanted: &str,
    input: &str,
    parameter: &str,
) -> Result<usize, JobError> {
    find_column(columns, wanted).ok_or_else(|| {
        JobError::permanent(format!(
            "the {input} has no column {wanted:?} ({parameter}); its columns: {}",
            listed(columns)
        ))
    })
}
