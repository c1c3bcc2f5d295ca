//! How a file is read: as it was asked for, as the job needs it, and as the file's name says.

use mapreduce::job::Columns;
use mapreduce::{Column, FileFormat, Format, FoundFile, InputError};

use super::Request;
use super::columns::Wanted;

/// How a file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layout {
    /// Line by line.
    Lines(FileFormat),
    /// As a table with a header.
    Table { delimiter: u8, wanted: Wanted },
    /// As one record.
    Whole,
    /// As Parquet.
    Parquet { wanted: Wanted },
}

/// How `file` is read for `request`.
///
/// # Errors
/// The job wants columns that a file of this kind cannot have; the message says what to do.
pub(super) fn layout(file: &FoundFile, request: &Request) -> Result<Layout, InputError> {
    let columns = &request.spec.shape.columns;
    let delimiter = request.delimiter.unwrap_or(file.format.delimiter());
    let wanted = || match columns {
        Columns::Named(names) => Wanted::Named(names.clone()),
        Columns::All => Wanted::All,
        Columns::One | Columns::Line => Wanted::Asked(request.column.clone()),
    };
    // A name tells what a file could be; whether columns of it are wanted, the request does.
    let named_only = request.format == Format::Auto && *columns == Columns::One;
    let lines = match (file.format, columns) {
        (Format::Parquet, Columns::Line) => {
            let what = "is Parquet, which has no lines; the job reads lines".to_owned();
            let path = file.path.clone();
            return Err(InputError::Parquet { path, what });
        }
        (Format::Parquet, _) => return Ok(Layout::Parquet { wanted: wanted() }),
        (Format::Whole, Columns::One | Columns::Line) => return Ok(Layout::Whole),
        (_, Columns::Line) => FileFormat::Text,
        (Format::Tsv, _) if named_only && request.column.is_none() => FileFormat::Text,
        (Format::Csv | Format::Tsv, _) => {
            let wanted = wanted();
            return Ok(Layout::Table { delimiter, wanted });
        }
        (Format::Ndjson, _) if named_only && request.pointers.is_empty() => FileFormat::Text,
        (Format::Ndjson, _) => ndjson(file, request)?,
        (Format::KeyValue, _) => key_value(file, request, delimiter)?,
        (_, Columns::One) => FileFormat::Text,
        (Format::Whole, _) => {
            return Err(none(
                file,
                request,
                "with input.format=whole a file is one record without columns; name another layout there",
            ));
        }
        _ => {
            return Err(none(
                file,
                request,
                "the file is read as text, which has none; say with input.format what it is: csv, tsv, ndjson, keyvalue or parquet",
            ));
        }
    };
    Ok(Layout::Lines(lines))
}

/// What a job reads of JSON: a name is a pointer to the member of that name.
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
            let what = "JSON has no header that tells them; name what to read with input.pointer or --pointer";
            return Err(none(file, request, what));
        }
        _ => request.pointers.clone(),
    };
    Ok(FileFormat::Ndjson { pointers })
}

fn key_value(file: &FoundFile, request: &Request, delimiter: u8) -> Result<FileFormat, InputError> {
    let columns = match &request.spec.shape.columns {
        Columns::Named(names) => {
            let columns = names.iter().map(|name| {
                let index = match name.as_str() {
                    FileFormat::KEY => 0,
                    FileFormat::VALUE => 1,
                    other => {
                        let what = format!(
                            "with input.format=keyvalue the file has {} and {}, and no {other:?}",
                            FileFormat::KEY,
                            FileFormat::VALUE
                        );
                        return Err(none(file, request, &what));
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

fn none(file: &FoundFile, request: &Request, what: &str) -> InputError {
    InputError::NoColumns {
        path: file.path.clone(),
        job: request.spec.name.clone(),
        what: what.to_owned(),
    }
}
