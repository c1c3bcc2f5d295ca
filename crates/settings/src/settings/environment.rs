//! Environment of a process: variables and working folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Prefix of the environment variables that are settings.
pub(super) const PREFIX: &str = "MAPREDUCE__";
/// Separator of section and key in the name of a variable.
pub(super) const SEPARATOR: &str = "__";

/// Environment variables and the working folder.
///
/// Tests pass their own environment instead of changing that of their process.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Environment variables by name.
    pub variables: BTreeMap<String, String>,
    /// Folder of `mapreduce.toml`, to which `--config` is relative; empty = the working folder of the process.
    pub folder: PathBuf,
}

impl Environment {
    /// Returns the environment of this process. Invalid UTF-8 in a variable becomes U+FFFD.
    pub fn of_process() -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self {
            variables: std::env::vars_os()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            folder: PathBuf::new(),
        }
    }
}
