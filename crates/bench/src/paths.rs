//! Paths as command line arguments.

use std::path::Path;

use anyhow::Context;

/// Returns the path as text.
///
/// # Errors
/// The path is not UTF-8.
pub(crate) fn utf8(path: &Path) -> anyhow::Result<&str> {
    path.to_str()
        .with_context(|| format!("path is not UTF-8: {}", path.display()))
}
