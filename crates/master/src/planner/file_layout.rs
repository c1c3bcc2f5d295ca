//! The layout of an input file, from the settings, the job's needs and the file's name.

use mapreduce_core::{Column, Columns, Delimiter, Dialect, FileFormat, InputFormat};
use mapreduce_formats::input::{FoundFile, InputError};

use super::columns::ColumnSelection;
use super::request::Request;

/// Layout of the records of an input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileLayout {
    /// One record a line.
    Lines(FileFormat),
    /// A table with a header.
    Table(TableLayout),
    /// The whole file as one record.
    Whole,
    /// A Parquet file.
    Parquet { columns: ColumnSelection },
}

/// Layout of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableLayout {
    /// Delimiter between cells.
    pub(super) delimiter: u8,
    /// Quotes, escapes, comments and null texts.
    pub(super) dialect: Dialect,
    /// Columns to read.
    pub(super) columns: ColumnSelection,
}

/// Returns the layout in which `request` reads `file`.
///
/// # Errors
/// The job needs columns that a file of this format cannot have. The message says what to change.
pub(super) fn file_layout(file: &FoundFile, request: &Request) -> Result<FileLayout, InputError> {
    let needed = &request.spec.shape.columns;
    let delimiter = match request.delimiter {
        Some(Delimiter::Character(delimiter)) => delimiter,
        Some(Delimiter::Auto) | None => file.format.delimiter(),
    };
    let columns = || selection(request);
    if request.rows_as_lines && file.format == InputFormat::Tsv {
        return Ok(step_result(request));
    }
    // The name of a file only suggests a format. A job that works on lines too reads `a.tsv` or `a.jsonl` as text,
    // unless the request names a column or a pointer.
    let suggested = request.format == InputFormat::Auto && *needed == Columns::Configured;
    let lines = match (file.format, needed) {
        (InputFormat::Parquet, Columns::Line) => {
            let what = "the job reads lines, which a Parquet file does not have; convert the file to text, or choose a job that reads columns".to_owned();
            let path = file.path.clone();
            return Err(InputError::Parquet { path, what });
        }
        (InputFormat::Parquet, _) => return Ok(FileLayout::Parquet { columns: columns() }),
        (InputFormat::Whole, Columns::Configured | Columns::Line) => return Ok(FileLayout::Whole),
        (InputFormat::Ndjson, Columns::AllOrLine) if request.pointers.is_empty() => {
            FileFormat::Text
        }
        (InputFormat::Text | InputFormat::Auto, Columns::AllOrLine) => FileFormat::Text,
        (_, Columns::Line) => FileFormat::Text,
        (InputFormat::Tsv, _) if suggested && request.column.is_none() => FileFormat::Text,
        (InputFormat::Csv | InputFormat::Tsv, _) => {
            return Ok(FileLayout::Table(TableLayout {
                delimiter,
                dialect: request.dialect.or_default(),
                columns: columns(),
            }));
        }
        (InputFormat::Ndjson, _) if suggested && request.pointers.is_empty() => FileFormat::Text,
        (InputFormat::Ndjson, _) => ndjson(file, request)?,
        (InputFormat::KeyValue, _) => key_value(file, request, delimiter)?,
        (_, Columns::Configured) => FileFormat::Text,
        (InputFormat::Whole, _) => {
            return Err(no_columns(
                file,
                request,
                "with input.format=whole a file is one record without columns; set another input.format",
            ));
        }
        _ => {
            return Err(no_columns(
                file,
                request,
                "the file is read as text, which has no columns; set input.format to csv, tsv, ndjson, keyvalue or parquet",
            ));
        }
    };
    Ok(FileLayout::Lines(lines))
}

/// Returns the columns of a table that the job reads.
fn selection(request: &Request) -> ColumnSelection {
    match &request.spec.shape.columns {
        Columns::Named(names) => ColumnSelection::Named(names.clone()),
        Columns::All | Columns::AllOrLine => ColumnSelection::All,
        Columns::Configured | Columns::Line => ColumnSelection::Setting(request.column.clone()),
    }
}

/// Returns the layout of the table that the step before wrote. The rows are the lines of jobs that read lines.
fn step_result(request: &Request) -> FileLayout {
    let columns = match request.spec.shape.columns {
        Columns::Configured if request.column.is_none() => ColumnSelection::All,
        Columns::Line => ColumnSelection::All,
        _ => selection(request),
    };
    // The settings of the input describe other files, not this one.
    FileLayout::Table(TableLayout {
        delimiter: b'\t',
        dialect: Dialect::default(),
        columns,
    })
}

/// Returns the JSON pointers that the job reads. A plain name stands for the member of that name.
fn ndjson(file: &FoundFile, request: &Request) -> Result<FileFormat, InputError> {
    let pointers = match &request.spec.shape.columns {
        Columns::Named(names) => names
            .iter()
            .map(|name| match name.starts_with('/') {
                true => name.clone(),
                false => format!("/{name}"),
            })
            .collect(),
        Columns::All if request.pointers.is_empty() => {
            let what = "JSON files have no header with their names; name the values to read with input.pointer or --pointer";
            return Err(no_columns(file, request, what));
        }
        _ => request.pointers.clone(),
    };
    Ok(FileFormat::Ndjson { pointers })
}

/// Returns the key or value columns that the job reads.
fn key_value(file: &FoundFile, request: &Request, delimiter: u8) -> Result<FileFormat, InputError> {
    let columns = match &request.spec.shape.columns {
        Columns::Named(names) => {
            let columns = names.iter().map(|name| {
                let index = match name.as_str() {
                    FileFormat::KEY => 0,
                    FileFormat::VALUE => 1,
                    other => {
                        let what = format!(
                            "with input.format=keyvalue a file has the columns {} and {}, but not {other:?}",
                            FileFormat::KEY,
                            FileFormat::VALUE
                        );
                        return Err(no_columns(file, request, &what));
                    }
                };
                let name = name.clone();
                Ok(Column { index, name })
            });
            columns.collect::<Result<_, _>>()?
        }
        _ => Vec::new(),
    };
    Ok(FileFormat::KeyValue { delimiter, columns })
}

fn no_columns(file: &FoundFile, request: &Request, what: &str) -> InputError {
    InputError::NoColumns {
        path: file.path.clone(),
        job: request.spec.name.clone(),
        what: what.to_owned(),
    }
}
