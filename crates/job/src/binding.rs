//! Parameters that depend on the columns of the input.

use mapreduce_core::schema::columns_by_input;
use mapreduce_core::{Columns, InputFile, JobError, Params, Shape, Split, ValueKind};

use crate::registry::Job;

/// Binds `params` and the result's `shape` to the columns of the files in `splits`, with [`Job::bind`]. The splits of a
/// file must be neighbours, and there are `inputs` inputs.
///
/// # Errors
/// A parameter does not fit the columns, or the job cannot read these files together.
pub fn bind(
    code: &dyn Job,
    inputs: usize,
    params: &mut Params,
    shape: &mut Shape,
    splits: &mut [Split],
) -> Result<(), JobError> {
    let same_file = |a: &Split, b: &Split| {
        (a.file.input_index, &a.file.path) == (b.file.input_index, &b.file.path)
    };
    let files: Vec<&InputFile> = splits
        .chunk_by(same_file)
        .map(|splits| &splits[0].file)
        .collect();
    if shape.columns == Columns::AllOrLine {
        check_kinds(&files)?;
    }
    let columns = files
        .iter()
        .map(|file| (file.input_index, file.format.columns()));
    let columns = match shape.columns {
        Columns::Named(_) => requested_columns(columns, inputs),
        _ => columns_by_input(columns, inputs),
    };
    let Some(binding) = code.bind(params, &columns)? else {
        return Ok(());
    };
    *params = binding.params;
    match binding.schema {
        Some(schema) => shape.value = ValueKind::Table(schema),
        None => *shape = code.shape(params)?,
    }
    for split in splits {
        let needed = binding.columns.get(usize::from(split.file.input_index));
        let needed = needed.map_or(&[][..], Vec::as_slice);
        let format = &mut split.file.format;
        format.retain_columns(|name| needed.iter().any(|needed| needed == name));
    }
    Ok(())
}

/// Returns the columns of each input for the columns that the job requests, in the order of its request. If the files of
/// an input have different names for them, returns the columns of all files like [`columns_by_input`].
fn requested_columns(
    files: impl Iterator<Item = (u16, Vec<String>)> + Clone,
    inputs: usize,
) -> Vec<Vec<String>> {
    let mut columns = columns_by_input(files.clone(), inputs);
    for (input, columns) in columns.iter_mut().enumerate() {
        let mut lists = files.clone().filter_map(|(of, names)| {
            (usize::from(of) == input && !names.is_empty()).then_some(names)
        });
        if let Some(first) = lists.next()
            && lists.all(|names| names == first)
        {
            *columns = first;
        }
    }
    columns
}

/// Refuses tables and text in one job.
fn check_kinds(files: &[&InputFile]) -> Result<(), JobError> {
    let with_columns = |file: &&&InputFile| !file.format.columns().is_empty();
    let table = files.iter().find(with_columns);
    let text = files.iter().find(|file| !with_columns(file));
    match (table, text) {
        (Some(table), Some(text)) => Err(JobError::permanent(format!(
            "{:?} is a table, but {:?} is text; set input.format to read both in the same way",
            table.path, text.path
        ))),
        _ => Ok(()),
    }
}
