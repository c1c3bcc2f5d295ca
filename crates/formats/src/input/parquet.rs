//! What the end of a Parquet file tells: its columns, and where its rows are.

use std::path::Path;

use super::InputError;

/// What is said of Parquet by a program that was built without it.
#[cfg(not(feature = "parquet"))]
pub(crate) const NO_PARQUET: &str =
    "is Parquet, and this program was built without it; build it with --features parquet";

/// What a Parquet file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetFile {
    /// Its columns, in their order.
    pub columns: Vec<ParquetColumn>,
    /// Its row groups, in their order.
    pub groups: Vec<ParquetGroup>,
}

/// A column of the first level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetColumn {
    /// Its name.
    pub name: String,
    /// Whether it holds lists, maps or structures, which are no text.
    pub nested: bool,
}

/// Some rows that lie together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParquetGroup {
    /// Offset of its first byte in the file.
    pub start: u64,
    /// Number of rows.
    pub rows: u64,
}

/// Reads the end of the Parquet file at `path`.
///
/// # Errors
/// It cannot be read, or is no Parquet, or the program was built without it.
pub fn parquet_file(path: &Path) -> Result<ParquetFile, InputError> {
    let failed = |what: String| InputError::Parquet {
        path: path.to_path_buf(),
        what,
    };
    #[cfg(feature = "parquet")]
    {
        let file =
            std::fs::File::open(path).map_err(|error| InputError::unreadable(path, error))?;
        let (_, described) = footer::open(&file).map_err(|error| failed(error.to_string()))?;
        Ok(described)
    }
    #[cfg(not(feature = "parquet"))]
    Err(failed(NO_PARQUET.to_owned()))
}

#[cfg(feature = "parquet")]
pub(crate) mod footer {
    //! The end of a file, by the crate that knows it.

    use std::fs::File;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use parquet::errors::ParquetError;
    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::{ParquetColumn, ParquetFile, ParquetGroup};
    use crate::reader::ReadError;

    /// Opens `file`; its place in the file may change.
    pub(crate) fn open(
        file: &File,
    ) -> Result<(SerializedFileReader<File>, ParquetFile), ReadError> {
        let file = file.try_clone()?;
        guarded(|| {
            let reader = SerializedFileReader::new(file).map_err(broken)?;
            let root = reader.metadata().file_metadata().schema_descr();
            let columns = root.root_schema().get_fields().iter().map(|field| {
                // A list may be written as a field that is there several times.
                let info = field.get_basic_info();
                let repeated = info.has_repetition()
                    && info.repetition() == parquet::basic::Repetition::REPEATED;
                ParquetColumn {
                    name: field.name().to_owned(),
                    nested: !field.is_primitive() || repeated,
                }
            });
            let columns = columns.collect();
            let groups = reader.metadata().row_groups().iter().map(group);
            let groups = groups.collect::<Option<_>>();
            let groups = groups.ok_or_else(|| damaged("a row group lies outside of the file"))?;
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

    /// What `read` gives; the crate may panic at what is damaged.
    pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
        catch_unwind(AssertUnwindSafe(read))
            .unwrap_or_else(|panic| Err(damaged(&mapreduce_core::panic_message(&*panic))))
    }

    /// An error of the crate.
    pub(crate) fn broken(error: ParquetError) -> ReadError {
        match error {
            ParquetError::External(error) => match error.downcast::<std::io::Error>() {
                Ok(error) => ReadError::Io(*error),
                Err(other) => damaged(&other.to_string()),
            },
            other => damaged(&other.to_string()),
        }
    }

    pub(crate) fn damaged(what: &str) -> ReadError {
        ReadError::Parquet {
            what: format!(
                "is no valid Parquet, or is packed in a way that is not supported: {what}"
            ),
        }
    }
}
