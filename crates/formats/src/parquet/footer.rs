//! Footer of a Parquet file, read with the `parquet` crate.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::file::{ParquetColumn, ParquetFile, ParquetGroup};
use crate::read_error::ReadError;

/// Opens `file` and describes it. The position of the file may change.
pub(crate) fn open(file: &File) -> Result<(SerializedFileReader<File>, ParquetFile), ReadError> {
    let file = file.try_clone()?;
    guarded(|| {
        let reader = SerializedFileReader::new(file).map_err(broken)?;
        let root = reader.metadata().file_metadata().schema_descr();
        let columns = root.root_schema().get_fields().iter().map(|field| {
            // The schema may express a list as a repeated field.
            let info = field.get_basic_info();
            let repeated =
                info.has_repetition() && info.repetition() == parquet::basic::Repetition::REPEATED;
            ParquetColumn {
                name: field.name().to_owned(),
                nested: !field.is_primitive() || repeated,
            }
        });
        let columns = columns.collect();
        let groups = reader.metadata().row_groups().iter().map(group);
        let groups = groups.collect::<Option<_>>();
        let groups = groups.ok_or_else(|| damaged("the position of a row group is negative"))?;
        Ok((reader, ParquetFile { columns, groups }))
    })
}

fn group(group: &RowGroupMetaData) -> Option<ParquetGroup> {
    let columns = group.columns().iter();
    let starts = columns.map(|column| {
        let dictionary = column.dictionary_page_offset().filter(|at| *at > 0);
        dictionary.map_or(column.data_page_offset(), |at| {
            at.min(column.data_page_offset())
        })
    });
    Some(ParquetGroup {
        start: u64::try_from(starts.min().unwrap_or(0)).ok()?,
        rows: u64::try_from(group.num_rows()).ok()?,
    })
}

/// Calls `read` and turns a panic into an error, because the `parquet` crate may panic on damaged files.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|panic| Err(damaged(&mapreduce_core::panic_message(&*panic))))
}

/// Converts an error of the `parquet` crate.
pub(crate) fn broken(error: ParquetError) -> ReadError {
    match error {
        ParquetError::External(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => ReadError::Io(*error),
            Err(other) => damaged(&other.to_string()),
        },
        other => damaged(&other.to_string()),
    }
}

/// Returns the error for a damaged or unsupported file.
pub(crate) fn damaged(what: &str) -> ReadError {
    ReadError::Parquet {
        what: format!(
            "is not a valid Parquet file or uses an unsupported feature: {what}; write the file again"
        ),
    }
}
