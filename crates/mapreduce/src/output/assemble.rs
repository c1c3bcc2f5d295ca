//! The result of a job out of the parts of its reduce tasks.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use super::{OutputFormat, RowWriter, Written};
use crate::shuffle::{Section, ShuffleError, merge_rows};

/// Merges `parts`, each in the order of the result, and writes the first `top` rows, or all of them.
///
/// # Errors
/// [`ShuffleError::Lost`] names a part by its number; others are those of the output, of the parts'
/// sources, and [`ShuffleError::Cancelled`].
pub fn assemble(
    parts: &mut [Section],
    format: OutputFormat,
    top: Option<u64>,
    cancelled: &AtomicBool,
    out: &mut impl Write,
) -> Result<Written, ShuffleError> {
    let mut writer = RowWriter::new(out, format);
    let mut left = top.unwrap_or(u64::MAX);
    merge_rows(parts, cancelled, |key, count| {
        if left == 0 {
            return Ok(false);
        }
        left -= 1;
        writer.push(key, count)?;
        Ok(true)
    })?;
    Ok(writer.finish()?)
}
