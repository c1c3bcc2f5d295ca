//! The description of a Parquet input file.

use std::path::Path;

use super::error::InputError;
use crate::parquet::ParquetFile;

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
        let (_, described) =
            crate::parquet::footer::open(&file).map_err(|error| failed(error.to_string()))?;
        Ok(described)
    }
    #[cfg(not(feature = "parquet"))]
    Err(failed(crate::parquet::PARQUET_DISABLED.to_owned()))
}
