//! Whether a file still is what the planner saw.

use std::fs::{File, Metadata};
use std::io;
use std::time::UNIX_EPOCH;

use mapreduce_core::InputFile;

/// How an open file differs from what the planner saw; `None` if it does not.
pub fn difference(file: &File, seen: &InputFile) -> io::Result<Option<String>> {
    let meta = file.metadata()?;
    Ok(if meta.len() != seen.len {
        Some(format!(
            "it had {} bytes and now has {}",
            seen.len,
            meta.len()
        ))
    } else if modified(&meta) != seen.modified {
        Some("it was modified (its time of modification differs)".to_owned())
    } else {
        None
    })
}

/// Nanoseconds since 1970; 0 where the file system keeps no such time.
pub(super) fn modified(meta: &Metadata) -> u64 {
    let since = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since
        .and_then(|since| u64::try_from(since.as_nanos()).ok())
        .unwrap_or(0)
}
