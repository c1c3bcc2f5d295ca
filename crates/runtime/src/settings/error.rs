//! What can be wrong with settings. All of it ends the process with exit code 64.

/// A problem with a setting; the message names the setting and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No setting has this name.
    #[error("unknown setting {name} (from {origin}){}", hint_text(*hint))]
    Unknown {
        /// The name as it was given.
        name: String,
        /// Which layer named it, such as `the file mapreduce.toml`.
        origin: String,
        /// The setting that was probably meant.
        hint: Option<&'static str>,
    },
    /// The value is not accepted.
    #[error("{name}: {value:?} is not {accepts} (from {origin})")]
    Value {
        /// The setting.
        name: &'static str,
        /// The value as it was given, without passwords.
        value: String,
        /// What is accepted.
        accepts: &'static str,
        /// Which layer it came from.
        origin: String,
    },
    /// The settings file cannot be read or is not TOML.
    #[error("cannot read the settings in {file}: {detail}")]
    File {
        /// The file.
        file: String,
        /// What was seen.
        detail: String,
    },
    /// The settings as a whole do not fit; a bug, since every part was checked.
    #[error("cannot read the settings: {detail}")]
    Inconsistent {
        /// What was seen.
        detail: String,
    },
}

fn hint_text(hint: Option<&str>) -> String {
    match hint {
        Some(name) => format!("; did you mean {name}?"),
        None => "; --help lists all settings".to_owned(),
    }
}
