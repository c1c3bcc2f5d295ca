//! What the process finds around itself: environment variables and the folder it starts in.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Start of the variables that are settings.
pub(super) const PREFIX: &str = "MAPREDUCE__";
/// What stands between section and key in a variable's name.
pub(super) const SEPARATOR: &str = "__";

/// Variables and a folder, so that tests need neither set variables nor change folders.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// Where `mapreduce.toml` is looked for, and what `--config` is relative to; empty = the folder the
    /// process runs in.
    pub folder: PathBuf,
}

impl Surroundings {
    /// Those of this process. Bytes of a variable that are not UTF-8 become U+FFFD.
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
