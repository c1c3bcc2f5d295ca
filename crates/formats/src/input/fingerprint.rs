//! Detection of files that changed since planning.

use std::fs::{File, Metadata};
use std::io;
use std::time::UNIX_EPOCH;

use mapreduce_core::InputFile;

/// Describes how an open file changed since planning; `None` if it did not.
///
/// # Errors
/// The metadata of the file cannot be read.
pub fn difference(file: &File, seen: &InputFile) -> io::Result<Option<String>> {
    let meta = file.metadata()?;
    Ok(if meta.len() != seen.len {
        Some(format!(
            "it had {} bytes and now has {}",
            seen.len,
            meta.len()
        ))
    } else if modified(&meta) != seen.modified {
        Some("it was modified (the modification time differs)".to_owned())
    } else {
        None
    })
}

/// Returns the modification time in nanoseconds since 1970; 0 if the file system does not store one.
pub(super) fn modified(meta: &Metadata) -> u64 {
    let since = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since
        .and_then(|since| u64::try_from(since.as_nanos()).ok())
        .unwrap_or(0)
}
