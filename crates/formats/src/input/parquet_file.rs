//! Structure of a Parquet input file.

use std::path::Path;

use super::error::InputError;
use crate::parquet::ParquetFile;

/// Reads the structure of the Parquet file at `path` from its footer.
///
/// # Errors
/// The file cannot be read or is not a valid Parquet file, or the program was built without Parquet support.
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
